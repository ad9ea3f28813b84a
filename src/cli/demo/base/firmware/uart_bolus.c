/* The service port's bolus command: "BOLUS <milliunits>", one line, already terminated. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bolus.h"
#include "uart.h"

#define BOLUS_LIMIT_MILLIUNITS 5000UL

int uart_bolus_command(const char *argument, struct bolus_order *order)
{
    char *end = NULL;
    unsigned long milliunits;

    errno = 0;
    milliunits = strtoul(argument, &end, 10);
    if (errno != 0 || end == argument || *end != '\0') {
        return -1;
    }
    if (milliunits == 0UL || milliunits > BOLUS_LIMIT_MILLIUNITS) {
        return -1;
    }
    order->milliunits = (uint32_t)milliunits;
    return 0;
}

void uart_bolus_report(const struct bolus_order *order, const char *nurse)
{
    char line[48];
    int used = snprintf(line, sizeof(line), "bolus %lu mU, ordered by %s\r\n",
                        (unsigned long)order->milliunits, nurse);

    if (used < 0 || (size_t)used >= sizeof(line)) {
        uart_write("bolus: name too long\r\n");
        return;
    }
    uart_write(line);
}

void uart_bolus_log(const char *remark)
{
    printf("%s\r\n", remark);
}
