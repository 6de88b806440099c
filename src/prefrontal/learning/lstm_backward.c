/* The errors of an LSTM with linear heads, carried backward through time, and from them the gradient of its weights.

   `native.py` has it compiled on the machine that trains, for networks of UNITS units and INPUTS inputs; `lstm_gradient.py`
   calls it from a program of JAX. Of every lane, one sequence of one network, from the last step to the first:

     d  = sum over heads of error * head + W_h dz+,    dz+ that of the step after, W_h the units' rows of the weights
     e  = e+ f+ + d o (1 - tanh(c)^2)
     dz = [e g i (1 - i), e c- f (1 - f), e i (1 - g^2), d tanh(c) o (1 - o)],    c- the cell of the step before
     dW = sum over steps of [x, h-, 1] (outer) dz,     d(head) = sum over steps of error * h

   Of the gates it is given t = tanh(z / 2), so that i = (1 + t) / 2 and i (1 - i) = (1 - t^2) / 4.

   A lane's sums are taken in one order whatever its neighbours: it has the same bits alone and among others. */

#include <stdint.h>
#include <string.h>

#include "xla/ffi/api/c_api.h"

/* WIDTH: numbers of a vector. ROWS_OF_TILE: with up to three vectors each, as many rows of sums as the registers hold. */
#if defined(__AVX512F__)
#define WIDTH 16
#define ROWS_OF_TILE 8
#elif defined(__AVX__)
#define WIDTH 8
#define ROWS_OF_TILE 4
#elif defined(__aarch64__)
#define WIDTH 4
#define ROWS_OF_TILE 8
#else
#define WIDTH 4
#define ROWS_OF_TILE 4
#endif
#define CHAINS 4  /* sums side by side, so that none waits for its last addition */
#define BLOCK 128 /* steps whose errors are kept until their products are taken */

#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))
#define VECTORS_OF_TILE(n) ((n) > 2 * WIDTH ? 3 : (n) > WIDTH ? 2 : 1)

#define GATES (4 * UNITS)
#define ROWS (INPUTS + UNITS + 1) /* of the gradient: inputs, units, bias */
#define UNIT_VECTORS VECTORS_OF_TILE(UNITS)
#define GATE_VECTORS VECTORS_OF_TILE(GATES)
/* The same with room for whole tiles. What lies in that room is never read out. */
#define UNITS_UP ROUND_UP(UNITS, UNIT_VECTORS *WIDTH)
#define GATES_UP ROUND_UP(GATES, GATE_VECTORS *WIDTH)
#define ROWS_UP ROUND_UP(ROWS, ROWS_OF_TILE)

typedef float vector __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

/* e^x to 1e-7 of it; not a number where x is none */
static inline float exponential(float x) {
    x = x > 87 ? 87 : x;
    x = x < -87 ? -87 : x;
    union {
        float number;
        uint32_t bits;
    } turns, power;
    turns.number = x * 1.44269504f + 12582912.f; /* its last bits are the integer n next to x / ln 2 */
    const float n = turns.number - 12582912.f;
    const float rest = x - n * .693359375f + n * 2.12194440e-4f; /* ln 2 in two parts */
    float sum = 1.9875691e-4f;
    sum = sum * rest + 1.3981999e-3f;
    sum = sum * rest + 8.3334519e-3f;
    sum = sum * rest + 4.1665796e-2f;
    sum = sum * rest + 1.6666666e-1f;
    sum = sum * rest + .5f;
    power.bits = (turns.bits << 23) + 0x3f800000; /* 2^n */
    return (sum * rest * rest + rest + 1) * power.number;
}

static inline float hyperbolic_tangent(float x) { return 1 - 2 / (1 + exponential(2 * x)); }

/* to = W dz: the errors that the gates' errors dz make in the units of the step before, W turned (gates, units).

   From step to step W is read to and fro: what was read last is still in the first cache, which does not hold all of it. */
static void carry(const float *restrict turned, const float *restrict dz, float *restrict to, int fro) {
    for (int first = 0; first < UNITS_UP; first += UNIT_VECTORS * WIDTH) {
        vector sum[CHAINS][UNIT_VECTORS];
        memset(sum, 0, sizeof sum);
        for (int n = 0; n < UNITS; n++) {
            const int gate = CHAINS * (fro ? UNITS - 1 - n : n);
#pragma GCC unroll 4
            for (int chain = 0; chain < CHAINS; chain++)
#pragma GCC unroll 3
                for (int v = 0; v < UNIT_VECTORS; v++) {
                    const long at = (long)(gate + chain) * UNITS_UP + first + v * WIDTH;
                    sum[chain][v] += dz[gate + chain] * *(const vector *)(turned + at);
                }
        }
        for (int v = 0; v < UNIT_VECTORS; v++)
            *(vector *)(to + first + v * WIDTH) = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);
    }
}

/* One tile of to += sum over steps of x (outer) dz. */
static void multiply(const float *restrict x, const float *restrict dz, long steps, float *restrict to) {
    vector sum[ROWS_OF_TILE][GATE_VECTORS];
    memset(sum, 0, sizeof sum);
    for (long t = 0; t < steps; t++, x += ROWS_UP, dz += GATES_UP)
#pragma GCC unroll 8
        for (int r = 0; r < ROWS_OF_TILE; r++)
#pragma GCC unroll 3
            for (int v = 0; v < GATE_VECTORS; v++) sum[r][v] += x[r] * *(const vector *)(dz + v * WIDTH);
    for (int r = 0; r < ROWS_OF_TILE; r++)
        for (int v = 0; v < GATE_VECTORS; v++) *(vector *)(to + r * GATES_UP + v * WIDTH) += sum[r][v];
}

/* What is passed and what is given back. Steps lead, then lanes; of weights, whose lanes may share them, networks. */
enum { WEIGHTS, HEADS, GATE, CELL, OUTPUT, INPUT, HEAD_ERRORS, CELL_BEFORE, OUTPUT_BEFORE };
enum { WEIGHTS_GRADIENT, BIAS_GRADIENT, HEADS_GRADIENT, FIRST_OUTPUT_ERROR, FIRST_CELL_ERROR, SPACE };

struct space {
    float turned[GATES * UNITS_UP];
    float x[BLOCK * ROWS_UP], dz[BLOCK * GATES_UP], gradient[ROWS_UP * GATES_UP];
};

long lstm_backward_space(void) { return sizeof(struct space) / sizeof(float); }

XLA_FFI_Error *lstm_backward(XLA_FFI_CallFrame *call) {
    for (XLA_FFI_Extension_Base *asked = call->extension_start; asked; asked = asked->next)
        if (asked->type == XLA_FFI_Extension_Metadata) {
            XLA_FFI_Metadata *told = ((XLA_FFI_Metadata_Extension *)asked)->metadata;
            told->api_version.major_version = XLA_FFI_API_MAJOR;
            told->api_version.minor_version = XLA_FFI_API_MINOR;
            return 0;
        }
    if (call->stage != XLA_FFI_ExecutionStage_EXECUTE) return 0;

    const float *in[OUTPUT_BEFORE + 1];
    float *out[SPACE + 1];
    for (int n = 0; n <= OUTPUT_BEFORE; n++) in[n] = ((XLA_FFI_Buffer *)call->args.args[n])->data;
    for (int n = 0; n <= SPACE; n++) out[n] = ((XLA_FFI_Buffer *)call->rets.rets[n])->data;
    const int64_t *errors_shape = ((XLA_FFI_Buffer *)call->args.args[HEAD_ERRORS])->dims;
    const long steps = errors_shape[0], lanes = errors_shape[1], heads = errors_shape[2];
    const long sharing = lanes / ((XLA_FFI_Buffer *)call->args.args[WEIGHTS])->dims[0]; /* lanes that share weights */
    struct space *restrict s = (struct space *)out[SPACE];

    for (long lane = 0; lane < lanes; lane++) {
        const float *restrict to_heads = in[HEADS] + lane / sharing * heads * UNITS;
        float *restrict heads_gradient = out[HEADS_GRADIENT] + lane * heads * UNITS;
        if (lane % sharing == 0) {
            const float *restrict weights = in[WEIGHTS] + (lane / sharing * (INPUTS + UNITS) + INPUTS) * GATES;
            for (int first = 0; first < GATES; first += CHAINS)
                for (int unit = 0; unit < UNITS; unit++)
                    for (int gate = first; gate < first + CHAINS; gate++)
                        s->turned[(long)gate * UNITS_UP + unit] = weights[(long)unit * GATES + gate];
        }
        memset(heads_gradient, 0, sizeof(float) * heads * UNITS);
        memset(s->gradient, 0, sizeof s->gradient);
        float dh[UNITS_UP] = {0}, e[UNITS] = {0};

        for (long end = steps; end > 0; end -= BLOCK) {
            const long begin = end > BLOCK ? end - BLOCK : 0;
            for (long t = end - 1; t >= begin; t--) {
                const long at = t * lanes + lane;
                const float *restrict now = in[GATE] + at * GATES, *restrict c = in[CELL] + at * UNITS;
                const float *restrict h = in[OUTPUT] + at * UNITS, *restrict error = in[HEAD_ERRORS] + at * heads;
                const float *restrict c_before = t ? c - lanes * UNITS : in[CELL_BEFORE] + lane * UNITS;
                const float *restrict h_before = t ? h - lanes * UNITS : in[OUTPUT_BEFORE] + lane * UNITS;
                float *restrict x = s->x + (t - begin) * ROWS_UP, *restrict dz = s->dz + (t - begin) * GATES_UP;

                for (long head = 0; head < heads; head++)
                    for (int j = 0; j < UNITS; j++) {
                        dh[j] += error[head] * to_heads[head * UNITS + j];
                        heads_gradient[head * UNITS + j] += error[head] * h[j];
                    }
                for (int j = 0; j < UNITS; j++) {
                    const float i = now[j], f = now[UNITS + j], g = now[2 * UNITS + j], o = now[3 * UNITS + j];
                    const float told = hyperbolic_tangent(c[j]), d = .5f * dh[j];
                    const float of_cell = e[j] + d * (1 + o) * (1 - told * told);
                    dz[j] = .25f * of_cell * g * (1 - i * i);
                    dz[UNITS + j] = .25f * of_cell * c_before[j] * (1 - f * f);
                    dz[2 * UNITS + j] = .5f * of_cell * (1 + i) * (1 - g * g);
                    dz[3 * UNITS + j] = .5f * d * told * (1 - o * o);
                    e[j] = .5f * of_cell * (1 + f);
                }
                memcpy(x, in[INPUT] + at * INPUTS, sizeof(float) * INPUTS);
                memcpy(x + INPUTS, h_before, sizeof(float) * UNITS);
                x[INPUTS + UNITS] = 1;
                carry(s->turned, dz, dh, t & 1);
            }
            for (int gate = 0; gate < GATES_UP; gate += GATE_VECTORS * WIDTH)
                for (int row = 0; row < ROWS_UP; row += ROWS_OF_TILE)
                    multiply(s->x + row, s->dz + gate, end - begin, s->gradient + (long)row * GATES_UP + gate);
        }

        for (int row = 0; row < INPUTS + UNITS; row++)
            memcpy(out[WEIGHTS_GRADIENT] + (lane * (INPUTS + UNITS) + row) * GATES, s->gradient + (long)row * GATES_UP,
                   sizeof(float) * GATES);
        memcpy(out[BIAS_GRADIENT] + lane * GATES, s->gradient + (long)(ROWS - 1) * GATES_UP, sizeof(float) * GATES);
        memcpy(out[FIRST_OUTPUT_ERROR] + lane * UNITS, dh, sizeof(float) * UNITS);
        memcpy(out[FIRST_CELL_ERROR] + lane * UNITS, e, sizeof(float) * UNITS);
    }
    return 0;
}
