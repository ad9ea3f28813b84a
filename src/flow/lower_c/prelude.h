extern int errno;
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *mempcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
void *memchr(const void *s, int c, size_t n);
void *memrchr(const void *s, int c, size_t n);
void *memmem(const void *s, size_t n, const void *what, size_t m);
int memcmp(const void *a, const void *b, size_t n);
void bzero(void *dst, size_t n);
void bcopy(const void *src, void *dst, size_t n);
void explicit_bzero(void *dst, size_t n);
char *strcpy(char *dst, const char *src);
char *stpcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, size_t n);
char *strcat(char *dst, const char *src);
char *strncat(char *dst, const char *src, size_t n);
size_t strlcpy(char *dst, const char *src, size_t n);
size_t strlcat(char *dst, const char *src, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
char *strtok(char *s, const char *set);
char *strtok_r(char *s, const char *set, char **save);
char *strsep(char **s, const char *set);
char *strdup(const char *s);
char *strndup(const char *s, size_t n);
char *strerror(int e);
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);
char *strpbrk(const char *s, const char *set);
int sprintf(char *dst, const char *format, ...);
int snprintf(char *dst, size_t n, const char *format, ...);
int vsprintf(char *dst, const char *format, va_list args);
int vsnprintf(char *dst, size_t n, const char *format, va_list args);
int printf(const char *format, ...);
int vprintf(const char *format, va_list args);
int fprintf(FILE *f, const char *format, ...);
int vfprintf(FILE *f, const char *format, va_list args);
int dprintf(int fd, const char *format, ...);
int asprintf(char **dst, const char *format, ...);
int scanf(const char *format, ...);
int sscanf(const char *s, const char *format, ...);
int fscanf(FILE *f, const char *format, ...);
int puts(const char *s);
int fputs(const char *s, FILE *f);
int putchar(int c);
int fputc(int c, FILE *f);
int putc(int c, FILE *f);
int getchar(void);
int fgetc(FILE *f);
int getc(FILE *f);
char *gets(char *dst);
char *fgets(char *dst, int n, FILE *f);
size_t fread(void *dst, size_t size, size_t n, FILE *f);
size_t fwrite(const void *src, size_t size, size_t n, FILE *f);
FILE *fopen(const char *path, const char *mode);
FILE *fdopen(int fd, const char *mode);
FILE *freopen(const char *path, const char *mode, FILE *f);
int fclose(FILE *f);
int fflush(FILE *f);
int fseek(FILE *f, long offset, int whence);
long ftell(FILE *f);
void rewind(FILE *f);
int feof(FILE *f);
int ferror(FILE *f);
int remove(const char *path);
int rename(const char *from, const char *to);
FILE *tmpfile(void);
char *tmpnam(char *dst);
void perror(const char *s);
extern FILE *stdin;
extern FILE *stdout;
extern FILE *stderr;
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *reallocarray(void *p, size_t n, size_t size);
void *aligned_alloc(size_t align, size_t n);
void *alloca(size_t n);
void free(void *p);
int atoi(const char *s);
long atol(const char *s);
long long atoll(const char *s);
double atof(const char *s);
long strtol(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base);
unsigned long long strtoull(const char *s, char **end, int base);
double strtod(const char *s, char **end);
float strtof(const char *s, char **end);
int rand(void);
int rand_r(unsigned *seed);
void srand(unsigned seed);
long random(void);
void srandom(unsigned seed);
int abs(int n);
long labs(long n);
long long llabs(long long n);
char *getenv(const char *name);
int system(const char *command);
int atexit(void (*f)(void));
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void exit(int code) __attribute__((noreturn));
void _exit(int code) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));
int isalpha(int c);
int isdigit(int c);
int isalnum(int c);
int isspace(int c);
int isxdigit(int c);
int isprint(int c);
int isupper(int c);
int islower(int c);
int ispunct(int c);
int iscntrl(int c);
int isgraph(int c);
int toupper(int c);
int tolower(int c);
double sqrt(double x);
double pow(double x, double y);
double floor(double x);
double ceil(double x);
double fabs(double x);
double fmod(double x, double y);
double log(double x);
double log2(double x);
double log10(double x);
double exp(double x);
double sin(double x);
double cos(double x);
double tan(double x);
double atan2(double y, double x);
double round(double x);
float sqrtf(float x);
float powf(float x, float y);
float floorf(float x);
float ceilf(float x);
float fabsf(float x);
float roundf(float x);
time_t time(time_t *t);
clock_t clock(void);
double difftime(time_t a, time_t b);
struct tm { int tm_sec; int tm_min; int tm_hour; int tm_mday; int tm_mon; int tm_year; int tm_wday; int tm_yday; int tm_isdst; };
struct tm *localtime(const time_t *t);
struct tm *gmtime(const time_t *t);
time_t mktime(struct tm *t);
struct timespec { time_t tv_sec; long tv_nsec; };
struct timeval { time_t tv_sec; suseconds_t tv_usec; };
unsigned sleep(unsigned seconds);
int usleep(unsigned microseconds);
int open(const char *path, int flags, ...);
int close(int fd);
ssize_t read(int fd, void *dst, size_t n);
ssize_t write(int fd, const void *src, size_t n);
off_t lseek(int fd, off_t offset, int whence);
int unlink(const char *path);
int chdir(const char *path);
char *getcwd(char *dst, size_t n);
int dup(int fd);
int dup2(int from, int to);
int pipe(int fds[2]);
int socket(int domain, int type, int protocol);
ssize_t recv(int fd, void *dst, size_t n, int flags);
ssize_t recvfrom(int fd, void *dst, size_t n, int flags, struct sockaddr *from, socklen_t *length);
ssize_t send(int fd, const void *src, size_t n, int flags);
ssize_t sendto(int fd, const void *src, size_t n, int flags, const struct sockaddr *to, socklen_t length);
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*f)(void *), void *argument);
int pthread_join(pthread_t thread, void **result);
int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes);
int pthread_mutex_lock(pthread_mutex_t *m);
int pthread_mutex_trylock(pthread_mutex_t *m);
int pthread_mutex_unlock(pthread_mutex_t *m);
int pthread_mutex_destroy(pthread_mutex_t *m);
void pthread_exit(void *result) __attribute__((noreturn));
wchar_t *wcscpy(wchar_t *dst, const wchar_t *src);
wchar_t *wcsncpy(wchar_t *dst, const wchar_t *src, size_t n);
size_t wcslen(const wchar_t *s);
uint16_t htons(uint16_t x);
uint16_t ntohs(uint16_t x);
uint32_t htonl(uint32_t x);
uint32_t ntohl(uint32_t x);
uint16_t __builtin_bswap16(uint16_t x);
uint32_t __builtin_bswap32(uint32_t x);
uint64_t __builtin_bswap64(uint64_t x);
int __builtin_clz(unsigned x);
int __builtin_ctz(unsigned x);
int __builtin_ffs(int x);
int __builtin_popcount(unsigned x);
#define EOF (-1)
#define pdTRUE 1
#define pdFALSE 0
#define pdPASS 1
#define pdFAIL 0
#define osOK 0
#define TX_SUCCESS 0
#define thrd_success 0
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define CHAR_BIT 8
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define SHRT_MIN (-32768)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-2147483647 - 1)
#define UINT_MAX 4294967295U
#define LONG_MAX ((long)((~0UL) >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0UL)
#define LLONG_MAX 9223372036854775807LL
#define LLONG_MIN (-9223372036854775807LL - 1)
#define ULLONG_MAX 18446744073709551615ULL
#define INT8_MIN (-128)
#define INT8_MAX 127
#define UINT8_MAX 255
#define INT16_MIN (-32768)
#define INT16_MAX 32767
#define UINT16_MAX 65535
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295U
#define INT64_MIN (-9223372036854775807LL - 1)
#define INT64_MAX 9223372036854775807LL
#define UINT64_MAX 18446744073709551615ULL
#define SIZE_MAX ((size_t)-1)
#define SSIZE_MAX ((ssize_t)(SIZE_MAX >> 1))
#define UINTPTR_MAX ((uintptr_t)-1)
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define EBADF 9
#define EAGAIN 11
#define EWOULDBLOCK 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define EFBIG 27
#define ENOSPC 28
#define ESPIPE 29
#define EROFS 30
#define EPIPE 32
#define EDOM 33
#define ERANGE 34
#define ESRCH 3
#define ENOTTY 25
#define ETXTBSY 26
#define EMLINK 31
#define ENOSYS 88
#define ENOTEMPTY 90
#define ENAMETOOLONG 91
#define ELOOP 92
#define EOPNOTSUPP 95
#define ECONNRESET 104
#define ENOBUFS 105
#define EAFNOSUPPORT 106
#define EPROTOTYPE 107
#define ENOTSOCK 108
#define ENOPROTOOPT 109
#define ESHUTDOWN 110
#define ECONNREFUSED 111
#define EADDRINUSE 112
#define ECONNABORTED 113
#define ENETUNREACH 114
#define ENETDOWN 115
#define ETIMEDOUT 116
#define EHOSTDOWN 117
#define EHOSTUNREACH 118
#define EINPROGRESS 119
#define EALREADY 120
#define EDESTADDRREQ 121
#define EMSGSIZE 122
#define EPROTONOSUPPORT 123
#define EADDRNOTAVAIL 125
#define ENETRESET 126
#define EISCONN 127
#define ENOTCONN 128
#define ENOTSUP 134
#define EILSEQ 138
#define EOVERFLOW 139
#define ECANCELED 140
#define EPROTO 71
#define EBADMSG 77
#define ENOMSG 35
#define EDEADLK 45
#define ENODATA 61
#define ETIME 62
#define container_of(pointer, type, member) ((type *)((char *)pointer - offsetof(type, member)))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)pointer - offsetof(type, member)))
#define LWIP_CONST_CAST(type, value) ((type)((ptrdiff_t)value))
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define LWIP_ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1UL << (n))
#define LWIP_MIN(a, b) (((a) < (b)) ? (a) : (b))
#define LWIP_MAX(a, b) (((a) > (b)) ? (a) : (b))
#define LWIP_ERROR(message, expression, handler) do { if (!(expression)) { handler; } } while (0)
#define LWIP_UNUSED_ARG(x) ((void)(x))
#define UNUSED(x) ((void)(x))
#define ARG_UNUSED(x) ((void)(x))
#define MEMCPY(dst, src, n) memcpy(dst, src, n)
#define SMEMCPY(dst, src, n) memcpy(dst, src, n)
