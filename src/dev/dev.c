#include "dev/config.h"
