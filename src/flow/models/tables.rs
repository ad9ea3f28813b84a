//! The tables. Sources: C11 and POSIX.1-2017; the API references of FreeRTOS, Zephyr, RIOT, lwIP,
//! mbedTLS, wolfSSL, ESP-IDF, STM32 HAL and nRF SDK.

use super::Effect as E;
use super::Size as S;
use super::{Effect, Model, Taken, family, lock, section};

macro_rules! models {
    ($($name:literal: $($effect:expr),* ;)*) => {
        &[$(Model { name: $name, effects: { const EFFECTS: &[Effect] = &[$($effect),*]; EFFECTS } }),*]
    };
}

const fn alloc(size: S, family: u8) -> Effect {
    E::Allocates {
        size,
        family,
        is_zeroed: false,
    }
}

const fn zalloc(size: S, family: u8) -> Effect {
    E::Allocates {
        size,
        family,
        is_zeroed: true,
    }
}

const fn free(pointer: u8, family: u8) -> Effect {
    E::Frees { pointer, family }
}

const fn copy(to: u8, from: u8, size: S) -> Effect {
    E::Copies {
        to,
        from,
        size,
        may_overlap: false,
    }
}

const fn take(lock: u8, kind: u8) -> Effect {
    E::Locks {
        lock,
        kind,
        taken: Taken::Unsaid,
    }
}

/// Takes a lock, and returns 0 if that worked.
const fn take_or_fail(lock: u8, kind: u8) -> Effect {
    E::Locks {
        lock,
        kind,
        taken: Taken::IfZero,
    }
}

const fn take_in_time(lock: u8, kind: u8, taken: Taken) -> Effect {
    E::LocksOrTimesOut { lock, kind, taken }
}

const fn try_to_take(lock: u8, kind: u8, taken: Taken) -> Effect {
    E::TriesLock { lock, kind, taken }
}

const fn sleeps(time: u8, per_second: u32) -> Effect {
    E::Sleeps { time, per_second }
}

const fn give(lock: u8, kind: u8) -> Effect {
    E::Unlocks { lock, kind }
}

const fn fills_outside(to: u8, size: S) -> Effect {
    E::Writes {
        to,
        size,
        is_outside: true,
    }
}

/// All tables.
pub(super) const MODELS: &[&[Model]] = &[LIBC, POSIX, RTOS, LIBRARIES];

const LIBC: &[Model] = models! {
    "malloc": alloc(S::Argument(0), family::HEAP), E::MayBeNull;
    "calloc": zalloc(S::Product(0, 1), family::HEAP), E::MayBeNull;
    "realloc": E::Reallocates { pointer: 0, size: S::Argument(1), family: family::HEAP }, E::MayBeNull;
    "reallocarray": E::Reallocates { pointer: 0, size: S::Product(1, 2), family: family::HEAP }, E::MayBeNull;
    "aligned_alloc": alloc(S::Argument(1), family::HEAP), E::MayBeNull;
    "strdup": E::ReadsString(0), alloc(S::StringOf(0), family::HEAP), E::MayBeNull;
    "strndup": alloc(S::Unknown, family::HEAP), E::MayBeNull;
    "free": free(0, family::HEAP);
    "memcpy": copy(0, 1, S::Argument(2)), E::ReturnsArgument(0);
    "__builtin_memcpy": copy(0, 1, S::Argument(2)), E::ReturnsArgument(0);
    "mempcpy": copy(0, 1, S::Argument(2));
    "memmove": E::Copies { to: 0, from: 1, size: S::Argument(2), may_overlap: true }, E::ReturnsArgument(0);
    "memset": E::Fills { to: 0, value: 1, size: S::Argument(2) }, E::ReturnsArgument(0);
    "__builtin_memset": E::Fills { to: 0, value: 1, size: S::Argument(2) }, E::ReturnsArgument(0);
    "bzero": E::Zeroes { to: 0, size: S::Argument(1) };
    "explicit_bzero": E::Zeroes { to: 0, size: S::Argument(1) };
    "memcmp": E::Reads { from: 0, size: S::Argument(2) }, E::Reads { from: 1, size: S::Argument(2) };
    "memchr": E::Reads { from: 0, size: S::Unknown }, E::MayBeNull;
    "strcpy": E::CopiesString { to: 0, from: 1 }, E::ReturnsArgument(0);
    "stpcpy": E::CopiesString { to: 0, from: 1 };
    "strncpy": E::CopiesSome { to: 0, from: 1, size: 2 }, E::ReturnsArgument(0);
    "strcat": E::Appends { to: 0, from: 1 }, E::ReturnsArgument(0);
    "strncat": E::ReadsString(0), E::Sets(0), E::ReturnsArgument(0);
    "strlcpy": E::Sets(0);
    "strlcat": E::Sets(0);
    "strlen": E::ReadsString(0), E::Length(0);
    "strnlen": ;
    "strcmp": E::ReadsString(0), E::ReadsString(1);
    "strncmp": ;
    "strcasecmp": E::ReadsString(0), E::ReadsString(1);
    "strncasecmp": ;
    "strchr": E::ReadsString(0), E::MayBeNull;
    "strrchr": E::ReadsString(0), E::MayBeNull;
    "strstr": E::ReadsString(0), E::ReadsString(1), E::MayBeNull;
    "strpbrk": E::ReadsString(0), E::MayBeNull;
    "strtok": E::MayBeNull, E::Sets(0);
    "strtok_r": E::MayBeNull, E::Sets(0), E::Sets(2);
    "strspn": ;
    "strcspn": ;
    "atoi": E::ReadsString(0), E::ResultIsOutside;
    "atol": E::ReadsString(0), E::ResultIsOutside;
    "atof": E::ReadsString(0);
    "strtol": E::Sets(1), E::ResultIsOutside;
    "strtoul": E::Sets(1), E::ResultIsOutside;
    "strtoll": E::Sets(1), E::ResultIsOutside;
    "strtoull": E::Sets(1), E::ResultIsOutside;
    "strtod": E::Sets(1);
    "strtof": E::Sets(1);
    "printf": ;
    "fprintf": ;
    "dprintf": ;
    "puts": E::ReadsString(0);
    "fputs": E::ReadsString(0);
    "putchar": ;
    "putc": ;
    "fputc": ;
    "perror": ;
    "sprintf": E::Prints { to: 0, format: 1 };
    "vsprintf": E::Sets(0);
    "snprintf": E::PrintsSome { to: 0, size: 1 };
    "vsnprintf": E::Sets(0);
    "scanf": E::SetsFrom(1), E::MustBeChecked;
    "fscanf": E::SetsFrom(2), E::MustBeChecked;
    "sscanf": E::SetsFrom(2), E::MustBeChecked;
    "getchar": E::ResultIsOutside, E::ResultBetween(-1, 255);
    "getc": E::ResultIsOutside, E::ResultBetween(-1, 255);
    "fgetc": E::ResultIsOutside, E::ResultBetween(-1, 255);
    "gets": fills_outside(0, S::Unknown), E::MayBeNull;
    "fgets": fills_outside(0, S::Argument(1)), E::MayBeNull;
    "fread": fills_outside(0, S::Product(1, 2));
    "fwrite": E::Reads { from: 0, size: S::Product(1, 2) };
    "fopen": alloc(S::Unknown, family::STREAM), E::MayBeNull;
    "fdopen": alloc(S::Unknown, family::STREAM), E::MayBeNull;
    "tmpfile": alloc(S::Unknown, family::STREAM), E::MayBeNull;
    "fclose": free(0, family::STREAM);
    "fflush": ;
    "fseek": E::MustBeChecked;
    "ftell": ;
    "feof": ;
    "ferror": ;
    "remove": E::MustBeChecked;
    "rename": E::MustBeChecked;
    "rand": E::ResultIsOutside, E::ResultBetween(0, 2_147_483_647);
    "random": E::ResultIsOutside, E::ResultBetween(0, 2_147_483_647);
    "srand": ;
    "abs": E::Absolute;
    "labs": E::Absolute;
    "pow": E::Power;
    "powf": E::Power;
    "powl": E::Power;
    "sqrt": ; "sin": ; "cos": ; "tan": ; "exp": ; "log": ; "log10": ; "fabs": ; "floor": ; "ceil": ;
    "fmod": ; "round": ; "atan": ; "atan2": ;
    "isalpha": ; "isdigit": ; "isalnum": ; "isspace": ; "isupper": ; "islower": ; "isxdigit": ;
    "isprint": ; "ispunct": ; "iscntrl": ; "toupper": ; "tolower": ;
    "time": E::Sets(0);
    "clock": ;
    "localtime": E::MayBeNull;
    "gmtime": E::MayBeNull;
    "getenv": E::MayBeNull;
    "setlocale": E::MayBeNull;
    "exit": E::NeverReturns;
    "_exit": E::NeverReturns;
    "_Exit": E::NeverReturns;
    "quick_exit": E::NeverReturns;
    "abort": E::NeverReturns;
    "longjmp": E::NeverReturns;
    "__assert_fail": E::NeverReturns;
    "__builtin_unreachable": E::NeverReturns;
    "__builtin_trap": E::NeverReturns;
    "atexit": E::MustBeChecked;
    "signal": ;
    "va_start": E::Sets(0);
    "va_end": ;
    "va_copy": E::Sets(0);
    "va_arg": ;
    "__builtin_va_start": E::Sets(0);
    "__builtin_va_end": ;
};

const POSIX: &[Model] = models! {
    "pthread_mutex_lock": take_or_fail(0, lock::MUTEX), E::Blocks;
    "pthread_mutex_trylock": try_to_take(0, lock::MUTEX, Taken::IfZero);
    "pthread_mutex_timedlock": try_to_take(0, lock::MUTEX, Taken::IfZero);
    "pthread_mutex_unlock": give(0, lock::MUTEX);
    "pthread_mutex_init": E::InitialisesLock(0);
    "pthread_mutex_destroy": E::InitialisesLock(0);
    "pthread_mutexattr_init": E::Sets(0);
    "pthread_mutexattr_settype": ;
    "thrd_create": E::Sets(0), E::StartsThread { function: 1, data: 2 };
    "mtx_lock": take_or_fail(0, lock::RECURSIVE), E::Blocks;
    "mtx_unlock": give(0, lock::RECURSIVE);
    "mtx_init": E::InitialisesLock(0);
    "mtx_destroy": E::InitialisesLock(0);
    "pthread_spin_lock": take_or_fail(0, lock::SPIN);
    "pthread_spin_unlock": give(0, lock::SPIN);
    "pthread_spin_init": E::InitialisesLock(0);
    "pthread_rwlock_rdlock": take_or_fail(0, lock::READ);
    "pthread_rwlock_wrlock": take_or_fail(0, lock::MUTEX);
    "pthread_rwlock_unlock": give(0, lock::MUTEX);
    "pthread_rwlock_init": E::InitialisesLock(0);
    "pthread_create": E::Sets(0), E::StartsThread { function: 2, data: 3 };
    "pthread_join": E::Sets(1), E::Blocks;
    "pthread_self": ;
    "pthread_exit": E::NeverReturns;
    "pthread_detach": ;
    "pthread_cancel": ;
    "pthread_cond_init": E::Sets(0);
    "pthread_cond_wait": ;
    "pthread_cond_timedwait": ;
    "pthread_cond_signal": ;
    "pthread_cond_broadcast": ;
    "sem_init": E::Sets(0);
    "sem_wait": take_or_fail(0, lock::SEMAPHORE), E::Blocks;
    "sem_post": give(0, lock::SEMAPHORE);
    "sleep": E::Blocks, sleeps(0, 1);
    "usleep": E::Blocks, sleeps(0, 1_000_000);
    "nanosleep": E::Blocks;
    "clock_nanosleep": E::Blocks;
    "select": E::Blocks;
    "poll": E::Blocks;
    "read": fills_outside(1, S::Argument(2)), E::MustBeChecked, E::Blocks;
    "write": E::Reads { from: 1, size: S::Argument(2) }, E::MustBeChecked;
    "recv": fills_outside(1, S::Argument(2)), E::MustBeChecked, E::Blocks;
    "recvfrom": fills_outside(1, S::Argument(2)), E::MustBeChecked, E::Blocks;
    "send": E::Reads { from: 1, size: S::Argument(2) }, E::MustBeChecked;
    "sendto": E::Reads { from: 1, size: S::Argument(2) }, E::MustBeChecked;
    "socket": E::MustBeChecked;
    "bind": E::MustBeChecked;
    "listen": E::MustBeChecked;
    "accept": E::MustBeChecked, E::Blocks;
    "connect": E::MustBeChecked, E::Blocks;
    "open": E::MustBeChecked;
    "close": ;
    "chdir": E::MustBeChecked;
    "chown": E::MustBeChecked;
    "setuid": E::MustBeChecked;
    "setgid": E::MustBeChecked;
    "opendir": alloc(S::Unknown, family::DIRECTORY), E::MayBeNull;
    "closedir": free(0, family::DIRECTORY);
    "posix_memalign": E::Sets(0), E::MustBeChecked;
    "gettimeofday": E::Sets(0);
    "clock_gettime": E::Sets(1);
    "getpid": ;
};

const RTOS: &[Model] = models! {
    // FreeRTOS
    "pvPortMalloc": alloc(S::Argument(0), family::FREERTOS), E::MayBeNull;
    "pvPortCalloc": zalloc(S::Product(0, 1), family::FREERTOS), E::MayBeNull;
    "vPortFree": free(0, family::FREERTOS);
    "xSemaphoreTake": take_in_time(0, lock::SEMAPHORE, Taken::IfOne), E::Blocks;
    "xSemaphoreGive": give(0, lock::SEMAPHORE);
    "xSemaphoreTakeRecursive": take_in_time(0, lock::RECURSIVE, Taken::IfOne), E::Blocks;
    "xSemaphoreGiveRecursive": give(0, lock::RECURSIVE);
    "xSemaphoreCreateMutex": E::MakesLock(lock::MUTEX), E::MayBeNull;
    "xSemaphoreCreateMutexStatic": E::MakesLock(lock::MUTEX), E::MayBeNull;
    "xSemaphoreCreateRecursiveMutex": E::MakesLock(lock::RECURSIVE), E::MayBeNull;
    "xSemaphoreCreateRecursiveMutexStatic": E::MakesLock(lock::RECURSIVE), E::MayBeNull;
    "xSemaphoreCreateBinary": E::MakesLock(lock::SEMAPHORE), E::MayBeNull;
    "xSemaphoreCreateBinaryStatic": E::MakesLock(lock::SEMAPHORE), E::MayBeNull;
    "xSemaphoreCreateCounting": E::MakesLock(lock::SEMAPHORE), E::MayBeNull;
    "xSemaphoreCreateCountingStatic": E::MakesLock(lock::SEMAPHORE), E::MayBeNull;
    "taskENTER_CRITICAL": E::EntersSection(section::INTERRUPTS);
    "taskEXIT_CRITICAL": E::LeavesSection(section::INTERRUPTS);
    "portENTER_CRITICAL": E::EntersSection(section::INTERRUPTS);
    "portEXIT_CRITICAL": E::LeavesSection(section::INTERRUPTS);
    "vTaskSuspendAll": E::EntersSection(section::SCHEDULER);
    "xTaskResumeAll": E::LeavesSection(section::SCHEDULER);
    "xTaskCreate": E::Sets(5), E::StartsThread { function: 0, data: 3 };
    "xTaskCreateStatic": E::StartsThread { function: 0, data: 3 };
    "xTaskCreatePinnedToCore": E::Sets(5), E::StartsThread { function: 0, data: 3 };
    "vTaskDelay": E::Blocks;
    "vTaskDelayUntil": E::Blocks;
    "xTaskDelayUntil": E::Blocks;
    "xTaskGetTickCount": ;
    // Zephyr
    "k_malloc": alloc(S::Argument(0), family::ZEPHYR), E::MayBeNull;
    "k_calloc": zalloc(S::Product(0, 1), family::ZEPHYR), E::MayBeNull;
    "k_free": free(0, family::ZEPHYR);
    "k_mutex_lock": take_in_time(0, lock::RECURSIVE, Taken::IfZero), E::Blocks;
    "k_mutex_unlock": give(0, lock::RECURSIVE);
    "k_mutex_init": E::InitialisesLock(0);
    "k_sem_take": take_in_time(0, lock::SEMAPHORE, Taken::IfZero), E::Blocks;
    "k_sem_give": give(0, lock::SEMAPHORE);
    "k_thread_create": E::StartsThread { function: 3, data: 4 };
    "k_spin_lock": take(0, lock::SPIN);
    "k_spin_unlock": give(0, lock::SPIN);
    "k_sleep": E::Blocks;
    "k_msleep": E::Blocks, sleeps(0, 1_000);
    "k_usleep": E::Blocks, sleeps(0, 1_000_000);
    // CMSIS-RTOS2, ThreadX
    "osMutexAcquire": take_in_time(0, lock::RECURSIVE, Taken::IfZero), E::Blocks;
    "osMutexRelease": give(0, lock::RECURSIVE);
    "osDelay": E::Blocks;
    "osThreadNew": E::StartsThread { function: 0, data: 1 };
    "tx_mutex_get": take_in_time(0, lock::RECURSIVE, Taken::IfZero), E::Blocks;
    "tx_mutex_put": give(0, lock::RECURSIVE);
    // RIOT
    "thread_create": E::StartsThread { function: 4, data: 5 };
    "mutex_lock": take(0, lock::SIGNAL), E::Blocks;
    "mutex_unlock": give(0, lock::SIGNAL);
    "mutex_init": E::InitialisesLock(0);
    "mutex_trylock": try_to_take(0, lock::SIGNAL, Taken::IfOne);
    "rmutex_lock": take(0, lock::RECURSIVE), E::Blocks;
    "rmutex_unlock": give(0, lock::RECURSIVE);
    "rmutex_init": E::InitialisesLock(0);
    "xtimer_sleep": E::Blocks, sleeps(0, 1);
    "xtimer_usleep": E::Blocks, sleeps(0, 1_000_000);
    "xtimer_msleep": E::Blocks, sleeps(0, 1_000);
    "ztimer_sleep": E::Blocks;
    "thread_sleep": E::Blocks;
    "core_panic": E::NeverReturns;
    "pm_reboot": E::NeverReturns;
    "NVIC_SystemReset": E::NeverReturns;
};

const LIBRARIES: &[Model] = models! {
    // lwIP
    "mem_malloc": alloc(S::Argument(0), family::LWIP_MEM), E::MayBeNull;
    "mem_calloc": zalloc(S::Product(0, 1), family::LWIP_MEM), E::MayBeNull;
    "mem_free": free(0, family::LWIP_MEM);
    "memp_malloc": alloc(S::Unknown, family::LWIP_POOL), E::MayBeNull;
    "memp_free": free(1, family::LWIP_POOL);
    "MEMCPY": copy(0, 1, S::Argument(2));
    "SMEMCPY": copy(0, 1, S::Argument(2));
    "lwip_htons": ; "lwip_ntohs": ; "lwip_htonl": ; "lwip_ntohl": ;
    "htons": ; "ntohs": ; "htonl": ; "ntohl": ;
    "sys_mutex_lock": take(0, lock::MUTEX), E::Blocks;
    "sys_mutex_unlock": give(0, lock::MUTEX);
    "sys_msleep": E::Blocks, sleeps(0, 1_000);
    // mbedTLS
    "mbedtls_calloc": zalloc(S::Product(0, 1), family::MBEDTLS), E::MayBeNull;
    "mbedtls_free": free(0, family::MBEDTLS);
    "mbedtls_platform_zeroize": E::Zeroes { to: 0, size: S::Argument(1) };
    // wolfSSL
    "XMALLOC": alloc(S::Argument(0), family::WOLFSSL), E::MayBeNull;
    "XFREE": free(0, family::WOLFSSL);
    "XMEMCPY": copy(0, 1, S::Argument(2));
    "XMEMSET": E::Fills { to: 0, value: 1, size: S::Argument(2) };
    // ESP-IDF
    "heap_caps_malloc": alloc(S::Argument(0), family::ESP), E::MayBeNull;
    "heap_caps_calloc": zalloc(S::Product(0, 1), family::ESP), E::MayBeNull;
    "esp_restart": E::NeverReturns;
    // STM32 HAL, nRF
    "HAL_Delay": E::Blocks, sleeps(0, 1_000);
    "HAL_NVIC_SystemReset": E::NeverReturns;
    "nrf_delay_ms": E::Blocks, sleeps(0, 1_000);
};
