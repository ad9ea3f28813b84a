//! What names say: handlers of interrupts, calls that register them, calls that keep them out, calls
//! that wait or allocate.
//!
//! Sources: the documentation of CMSIS, the STM32 HAL, FreeRTOS, Zephyr, RIOT, NimBLE, ESP-IDF,
//! avr-libc, Contiki-NG and the Pico SDK.

use crate::flow::guards::words;

/// Whether a function is a handler by its name, as a person would say it (`ISR(TIMER0_vect)`).
pub(super) fn is_handler(name: &str) -> bool {
    if let Some((head, _)) = name.split_once('(') {
        return matches!(head, "ISR" | "SIGNAL" | "RTOS_ISR" | "CY_ISR");
    }
    const ENDS: &[&str] = &[
        "_IRQHandler",
        "_IRQ_Handler",
        "_irq_handler",
        "_irqhandler",
        "_isr_handler",
        "_interrupt_handler",
        "_isr",
        "_ISR",
    ];
    ENDS.iter()
        .any(|end| name.len() > end.len() && name.ends_with(end))
        || name.len() > 4 && name.starts_with("isr_")
        || matches!(name, "SysTick_Handler" | "PendSV_Handler")
        // The STM32 HAL calls these from its handlers; others of that form are for set-up and buffers.
        || name.starts_with("HAL_")
            && name.ends_with("Callback")
            && ["Cplt", "Elapsed", "EXTI", "Error"].iter().any(|word| name.contains(word))
}

/// Calls that register a handler, with the number of its argument.
const REGISTERING: &[(&str, usize)] = &[
    ("IRQ_CONNECT", 2),
    ("IRQ_DIRECT_CONNECT", 2),
    ("NVIC_SetVector", 1),
    ("attachInterrupt", 1),
    ("esp_intr_alloc", 2),
    ("esp_intr_alloc_intrstatus", 4),
    ("gpio_init_callback", 1),
    ("gpio_init_int", 3),
    ("gpio_isr_handler_add", 1),
    ("gpio_isr_register", 0),
    ("hal_gpio_irq_init", 1),
    ("irq_connect_dynamic", 2),
    ("irq_set_exclusive_handler", 1),
    ("k_timer_init", 1),
    ("xt_set_interrupt_handler", 1),
];

/// The argument of a call that is a handler from then on.
pub(super) fn handler_argument(call: &str) -> Option<usize> {
    let known = REGISTERING
        .binary_search_by_key(&call, |(name, _)| name)
        .ok();
    known.and_then(|at| REGISTERING.get(at)).map(|(_, at)| *at)
}

/// Whether a call asks if it runs in an interrupt: its caller serves both worlds, and knows it.
pub(super) fn asks_for_interrupt(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&["in", "inside", "is"]) && has(&["isr", "irq", "interrupt", "handler"])
        || name == "xPortIsInsideInterrupt"
        || name == "xPortInIsrContext"
        || name == "__get_IPSR"
}

const SECTION: &[&str] = &[
    "irq",
    "irqs",
    "int",
    "ints",
    "interrupt",
    "interrupts",
    "isr",
    "critical",
    "crit",
    "atomic",
    "nvic",
    "primask",
    "basepri",
    "spin",
    "spinlock",
    "sched",
    "scheduler",
    "sr",
    "protect",
    "unprotect",
];

/// Whether a call keeps interrupts out from there on.
pub(super) fn enters_section(name: &str) -> bool {
    if matches!(
        name,
        "cli" | "noInterrupts" | "__set_PRIMASK" | "vTaskSuspendAll"
    ) {
        return true;
    }
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(SECTION)
        && has(&[
            "disable", "lock", "save", "mask", "suspend", "enter", "begin", "block", "protect",
            "start", "off", "raise",
        ])
        && !leaves_by_word(&words)
}

/// Whether a call lets them in again.
pub(super) fn leaves_section(name: &str) -> bool {
    if matches!(name, "sei" | "interrupts" | "xTaskResumeAll") {
        return true;
    }
    let words = words(name);
    words.iter().any(|word| SECTION.contains(&word.as_str())) && leaves_by_word(&words)
}

fn leaves_by_word(words: &[String]) -> bool {
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "enable"
                | "unlock"
                | "restore"
                | "unmask"
                | "resume"
                | "exit"
                | "end"
                | "leave"
                | "unblock"
                | "unprotect"
                | "on"
                | "lower"
        )
    })
}

/// Whether a function runs before its interrupt does, or after, by its name.
pub(super) fn is_set_up(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "init"
                | "setup"
                | "initialize"
                | "initialise"
                | "probe"
                | "create"
                | "deinit"
                | "boot"
                | "startup"
                | "configure"
                | "bootstrap"
        )
    }) || name.ends_with("Init")
}

/// Calls that wait, or that may switch tasks where the RTOS has others for interrupts. Sorted.
const WAITING: &[&str] = &[
    "HAL_Delay",
    "HAL_FLASHEx_Erase",
    "HAL_I2C_Master_Receive",
    "HAL_I2C_Master_Transmit",
    "HAL_I2C_Mem_Read",
    "HAL_I2C_Mem_Write",
    "HAL_SPI_Receive",
    "HAL_SPI_Transmit",
    "HAL_UART_Receive",
    "HAL_UART_Transmit",
    "ble_npl_sem_pend",
    "k_msleep",
    "k_mutex_lock",
    "k_sleep",
    "k_usleep",
    "msg_receive",
    "mutex_lock",
    "nrf_delay_ms",
    "osDelay",
    "osMutexAcquire",
    "osMutexWait",
    "os_mutex_pend",
    "os_sem_pend",
    "os_time_delay",
    "pthread_mutex_lock",
    "rmutex_lock",
    "sem_wait",
    "sys_mutex_lock",
    "ulTaskNotifyTake",
    "vTaskDelay",
    "vTaskDelayUntil",
    "vTaskSuspend",
    "xEventGroupSetBits",
    "xEventGroupWaitBits",
    "xQueuePeek",
    "xQueueReceive",
    "xQueueSend",
    "xQueueSendToBack",
    "xQueueSendToFront",
    "xSemaphoreGive",
    "xSemaphoreTake",
    "xStreamBufferReceive",
    "xStreamBufferSend",
    "xTaskDelayUntil",
    "xTaskNotifyGive",
    "xTimerStart",
    "xTimerStop",
    "xtimer_msleep",
    "xtimer_sleep",
    "xtimer_usleep",
    "ztimer_sleep",
];

/// Calls of an allocator. Sorted.
const ALLOCATING: &[&str] = &[
    "calloc",
    "free",
    "heap_caps_free",
    "heap_caps_malloc",
    "k_malloc",
    "malloc",
    "mem_free",
    "mem_malloc",
    "os_free",
    "os_malloc",
    "pvPortMalloc",
    "realloc",
    "strdup",
    "vPortFree",
    "xQueueCreate",
    "xTaskCreate",
    "xTimerCreate",
];

/// The analysis that a call below a handler is a defect of.
pub(super) fn below_handler(name: &str) -> Option<&'static str> {
    if WAITING.binary_search(&name).is_ok() {
        return Some("blocking-below-isr");
    }
    ALLOCATING
        .binary_search(&name)
        .is_ok()
        .then_some("alloc-below-isr")
}

/// Whether a name fits a pattern in which `*` stands for anything.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| name.strip_prefix(head)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod names_tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(WAITING.is_sorted() && ALLOCATING.is_sorted());
        assert!(REGISTERING.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn names_of_sections_and_handlers() {
        for name in [
            "irq_disable",
            "taskENTER_CRITICAL",
            "__disable_irq",
            "OS_ENTER_CRITICAL",
            "SYS_ARCH_PROTECT",
            "irq_lock",
            "uart_irq_tx_disable",
        ] {
            assert!(enters_section(name) && !leaves_section(name), "{name}");
        }
        for name in [
            "irq_restore",
            "taskEXIT_CRITICAL",
            "__enable_irq",
            "OS_EXIT_CRITICAL",
            "SYS_ARCH_UNPROTECT",
            "irq_unlock",
        ] {
            assert!(leaves_section(name) && !enters_section(name), "{name}");
        }
        for name in [
            "USART1_IRQHandler",
            "ISR(TIMER0_OVF_vect)",
            "isr_uart0",
            "radio_isr",
            "HAL_UART_RxCpltCallback",
        ] {
            assert!(is_handler(name), "{name}");
        }
        for name in [
            "isr_",
            "_isr",
            "HardFault_Handler",
            "HAL_UART_MspInitCallback",
            "HAL_ETH_TxFreeCallback",
            "init(x)",
            "mutex_lock",
        ] {
            assert!(!is_handler(name) && !enters_section(name), "{name}");
        }
        assert!(fits("*_vect", "TIMER0_vect") && fits("on_*_irq", "on_uart_irq") && fits("a", "a"));
        assert!(!fits("*_vect", "TIMER0_vectx") && !fits("a", "ab"));
    }
}
