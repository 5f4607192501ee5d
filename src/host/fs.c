#include "host/fs.h"
