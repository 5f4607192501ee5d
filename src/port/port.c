#include "port/port.h"
