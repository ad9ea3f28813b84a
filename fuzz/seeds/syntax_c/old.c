int f(a, b)
    int a;
    char *b;
{
    return a + *b;
}

void g() { goto out; out: ; }
