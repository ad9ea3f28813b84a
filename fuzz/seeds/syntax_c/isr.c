/* One timer interrupt is one step of the syringe motor. */
#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "motor.h"

static volatile uint32_t steps_left;
static volatile bool stalled;

void TIM2_IRQHandler(void)
{
    TIM2->SR = ~TIM_SR_UIF;

    if (motor_current_high()) {
        motor_hold();
        stalled = true;
        HAL_Delay(20);
        motor_step_back();
        return;
    }
    if (steps_left > 0U) {
        motor_step_pulse();
        steps_left = steps_left - 1U;
    } else {
        motor_hold();
    }
}

void motor_deliver(uint32_t steps)
{
    uint32_t state = board_irq_save();

    steps_left = steps;
    board_irq_restore(state);
}

bool motor_is_stalled(void)
{
    return stalled;
}

int motor_home(void)
{
    wdt_disable(board_watchdog());
    for (uint32_t step = 0U; step < MOTOR_HOME_STEPS_MAX; step++) {
        if (motor_at_home_switch()) {
            return 0;
        }
        motor_step_pulse();
    }
    return -1;
}
