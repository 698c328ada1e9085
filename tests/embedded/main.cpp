#include "floe/floe.hpp"

int main() {}
