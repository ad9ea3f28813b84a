/* The service port's bolus command: "BOLUS <milliunits>", one line, already terminated. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bolus.h"
#include "uart.h"

#define BOLUS_LIMIT_MILLIUNITS 5000UL

int uart_bolus_command(const char *argument, struct bolus_order *order)
{
    order->milliunits = (uint32_t)atoi(argument);
    if (order->milliunits > BOLUS_LIMIT_MILLIUNITS) {
        return -1;
    }
    return 0;
}

void uart_bolus_report(const struct bolus_order *order, const char *nurse)
{
    char line[48];

    sprintf(line, "bolus %lu mU, ordered by %s\r\n", (unsigned long)order->milliunits, nurse);
    uart_write(line);
}

void uart_bolus_log(const char *remark)
{
    printf(remark);
}
