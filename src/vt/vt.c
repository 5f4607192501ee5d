#include "vt/vt.h"
