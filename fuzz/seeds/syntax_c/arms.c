#ifdef A
int f(int a) {
#else
int f(long a) {
#endif
  if (a) { }
#if B
  else if (a > 1)
#endif
  { g(a); }
#elif
  return 0;
}
#define LOOP(x) do { f(x); } while (0)
LIST_FOREACH(item, &head, next) { LOOP(item->n); }
LWIP_ERROR("x", p != NULL, return;);
static const char *s[] = { "a" PRIu32 "b", "c" };
__attribute__((interrupt)) void isr(void) { asm volatile ("nop" ::: "memory"); }
