int f(void) { char *s = "no end;
 /* no end either