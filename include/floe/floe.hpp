// All of floe, in reading order.
#pragma once

#include "floe/agent/agent.hpp"
