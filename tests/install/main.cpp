#include <floe/floe.hpp>

int main() { return floe::endpoint{} == floe::endpoint{} ? 0 : 1; }
