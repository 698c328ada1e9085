// The other units of this program are generated; that it compiles and links is the test.
int main() {}
