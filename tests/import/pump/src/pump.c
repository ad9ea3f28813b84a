#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rate {
    char drug[16];
    int ml_per_hour;
};

static struct rate active;

struct rate *rate_copy(const struct rate *from)
{
    struct rate *copy = malloc(sizeof(*copy));

    memcpy(copy, from, sizeof(*copy));
    return copy;
}

int rate_of(const struct rate *r)
{
    int rate = r->ml_per_hour;

    if (r == NULL) {
        return 0;
    }
    return rate;
}

int slowest(const int *rates, int count)
{
    int best;

    for (int i = 0; i < count; i++) {
        if (rates[i] < best) {
            best = rates[i];
        }
    }
    return best;
}

void drug_set(const char *name)
{
    strcpy(active.drug, name);
}

int history_at(unsigned int at)
{
    int history[8] = {0};

    history[8] = active.ml_per_hour;
    return at < 8 ? history[at] : 0;
}

void log_rate(const char *file)
{
    FILE *log = fopen(file, "a");

    if (log == NULL) {
        return;
    }
    if (active.ml_per_hour == 0) {
        return;
    }
    fprintf(log, "%s\n", active.ml_per_hour);
    fclose(log);
}
