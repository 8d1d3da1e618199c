"""The compiled inner loops: 64 chains at a time, each in its own lane of a vector.

A *tile* is 64 chains of one model, stored spin by spin: ``spins[i]`` holds spin i of all its chains side by side, so a
field ``f_i = h_i + sum_j J_ij s_j`` is one multiply-add of 64 numbers for each neighbour. Numba would not find these
vectors by itself: the first half of this file gives it a vector type, which LLVM splits into what the processor has
(AVX-512, AVX2, NEON). Both halves share a file because numba's cache on disk sees changes of the kernel's own file only.
"""

# Numba infers the types of compiled functions; they have none that a checker of Python could follow.
# pyright: basic, reportCallIssue=false, reportArgumentType=false, reportOperatorIssue=false, reportIndexIssue=false

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model

LANES = 64
_INT32, _INT64 = ir.IntType(32), ir.IntType(64)


class VectorType(types.Type):
    """LANES values of one kind."""

    def __init__(self, name: str, element: ir.Type) -> None:
        self.llvm = ir.VectorType(element, LANES)
        super().__init__(name=f"{name} x {LANES}")


FLOATS = VectorType("float32", ir.FloatType())
INTS = VectorType("uint32", _INT32)
MASKS = VectorType("bool", ir.IntType(1))
_VECTOR_OF = {types.float32: FLOATS, types.uint32: INTS, types.uint64: MASKS}


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, kind.llvm)


def _splat(builder: Any, vector: ir.VectorType, value: Any) -> Any:
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES))


def _call(builder: Any, name: str, *values: Any) -> Any:
    vector = values[0].type
    suffix = f"v{LANES}f32" if vector == FLOATS.llvm else f"v{LANES}i32"
    kind = ir.FunctionType(vector, [vector] * len(values))
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"{name}.{suffix}"), values)


def _row(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> tuple[Any, ir.Type]:
    """Address of a row: LANES numbers, or one word whose bits are a mask."""
    data = context.make_array(kind)(context, builder, array).data
    if kind.dtype == types.uint64:
        return builder.gep(data, [row]), _INT64
    vector = _VECTOR_OF[kind.dtype].llvm
    start = builder.mul(row, ir.Constant(row.type, LANES))
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer()), vector


@intrinsic
def _load(_typing: Any, array: Any, row: Any) -> Any:  # noqa: ARG001 - numba reads the names
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address, _ = _row(context, builder, signature.args[0], *values)
        word = builder.load(address, align=4)
        return builder.bitcast(word, signature.return_type.llvm)

    return _VECTOR_OF[array.dtype](array, types.uintp), emit


@intrinsic
def _store(_typing: Any, array: Any, row: Any, vector: Any) -> Any:  # noqa: ARG001
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address, kind = _row(context, builder, signature.args[0], *values[:2])
        builder.store(builder.bitcast(values[2], kind), address, align=4)
        return context.get_dummy_value()

    return types.void(array, types.uintp, vector), emit


@intrinsic
def _all(_typing: Any, value: Any) -> Any:
    """A vector of one value."""
    vector = _VECTOR_OF[value]
    return vector(value), lambda _context, builder, _signature, values: _splat(builder, vector.llvm, values[0])


def _operation(arity: int, result: VectorType | None, emit: Callable[..., Any]) -> Any:
    """``emit(builder, *values)`` writes the instruction; without ``result`` it yields what its last argument is."""

    def typed(*arguments: Any) -> Any:
        kind = result or arguments[-1]
        return kind(*arguments), lambda _context, builder, _signature, values: emit(builder, *values)

    if arity == 1:
        return intrinsic(lambda _typing, a: typed(a))
    if arity == 2:
        return intrinsic(lambda _typing, a, b: typed(a, b))
    return intrinsic(lambda _typing, a, b, c: typed(a, b, c))


def _either(floats: str, ints: str) -> Callable[..., Any]:
    return lambda builder, a, b: getattr(builder, floats if a.type == FLOATS.llvm else ints)(a, b)


_multiply_add = _operation(3, FLOATS, lambda builder, a, b, c: _call(builder, "llvm.fma", a, b, c))
_select = _operation(3, None, lambda builder, mask, yes, no: builder.select(mask, yes, no))
_rotate = _operation(2, INTS, lambda builder, a, by: _call(builder, "llvm.fshl", a, a, by))
_smaller = _operation(2, FLOATS, lambda builder, a, b: _call(builder, "llvm.minnum", a, b))
_larger = _operation(2, FLOATS, lambda builder, a, b: _call(builder, "llvm.maxnum", a, b))
_nearest = _operation(1, FLOATS, lambda builder, a: _call(builder, "llvm.rint", a))
_bits = _operation(1, INTS, lambda builder, a: builder.bitcast(a, INTS.llvm))
_from_bits = _operation(1, FLOATS, lambda builder, a: builder.bitcast(a, FLOATS.llvm))
_to_floats = _operation(1, FLOATS, lambda builder, a: builder.sitofp(a, FLOATS.llvm))
_to_ints = _operation(1, INTS, lambda builder, a: builder.fptosi(a, INTS.llvm))


def _overload(python: Any, operation: Any) -> None:
    @overload(python)
    def choose(a, b):
        return (lambda a, b: operation(a, b)) if isinstance(a, VectorType) and a == b else None


_overload(operator.add, _operation(2, None, _either("fadd", "add")))
_overload(operator.sub, _operation(2, None, _either("fsub", "sub")))
_overload(operator.mul, _operation(2, None, _either("fmul", "mul")))
_overload(operator.xor, _operation(2, INTS, lambda builder, a, b: builder.xor(a, b)))
_overload(operator.lshift, _operation(2, INTS, lambda builder, a, by: builder.shl(a, by)))
_overload(operator.rshift, _operation(2, INTS, lambda builder, a, by: builder.lshr(a, by)))
_overload(operator.lt, _operation(2, MASKS, lambda builder, a, b: builder.fcmp_ordered("<", a, b)))

f32, u32 = np.float32, np.uint32


def _compiled(function: Any) -> Any:
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        # Neither the source's folder nor the user's cache can be written: every process compiles anew.
        return njit(**options)(function)


@_compiled
def _draw(random):
    """32 random bits a lane: xoshiro128+ (Blackman & Vigna, ACM Trans. Math. Softw. 47, 2021), a stream of its own each."""
    a, b, c, d = _load(random, 0), _load(random, 1), _load(random, 2), _load(random, 3)
    result = a + d
    shifted = b << _all(u32(9))
    c = c ^ a
    d = d ^ b
    _store(random, 1, b ^ c)
    _store(random, 0, a ^ d)
    _store(random, 2, c ^ shifted)
    _store(random, 3, _rotate(d, _all(u32(11))))
    return result


@_compiled
def _exp2(x):
    """2**x within a share of 3e-7, x cut off at -126 and 126: the minimax polynomial of degree 5 on [-1/2, 1/2]."""
    x = _smaller(_larger(x, _all(f32(-126))), _all(f32(126)))
    whole = _nearest(x)
    part = x - whole
    power = _multiply_add(_all(f32(0.0013276471519)), part, _all(f32(0.0096755413307)))
    power = _multiply_add(power, part, _all(f32(0.0555071327496)))
    power = _multiply_add(power, part, _all(f32(0.2402211972393)))
    power = _multiply_add(power, part, _all(f32(0.6931469670639)))
    power = _multiply_add(power, part, _all(f32(1.0000000716547)))
    return _from_bits(_bits(power) + (_to_ints(whole) << _all(u32(23))))


@_compiled
def _up(field, scale, random):
    """Where a spin comes out +1: with probability 1 / (1 + exp(2 beta f)), resolved to 2**-23."""
    uniform = _to_floats(_draw(random) >> _all(u32(9))) + _all(f32(0.5))
    odds = _exp2(field * scale)
    return _multiply_add(uniform, odds, uniform) < _all(f32(2**23))


@_compiled
def _coupling(values, entry, edge):
    return _all(values[entry]) if values.ndim == 1 else _load(values, edge)


@_compiled
def _field(spins, linear, couplings, i):
    starts, neighbours, edges, values = couplings
    field = _all(linear[i]) if linear.ndim == 1 else _load(linear, i)
    for k in range(starts[i], starts[i + np.uint64(1)]):
        field = _multiply_add(_coupling(values, k, edges[k]), _load(spins, neighbours[k]), field)
    return field


@_compiled
def _sweep(spins, random, linear, couplings, held, betas):
    """Update every spin once, colour after colour. ``betas[1]``: 2 log2(e) times each lane's inverse temperature."""
    for i in range(np.uint64(spins.shape[0])):
        up = _up(_field(spins, linear, couplings, i), _load(betas, 1), random)
        spin = _select(up, _all(f32(1)), _all(f32(-1)))
        if held.ndim == 2:
            spin = _select(_load(held, i), _load(spins, i), spin)
        _store(spins, i, spin)


@_compiled
def _energies(spins, linear, couplings, energies):
    """E of each lane into ``energies`` (LANES,), float64. Float32 sums are kept short: a block of spins at a time."""
    part = np.empty((1, LANES), f32)
    energies[:] = 0
    for first in range(0, spins.shape[0], 32):
        total = _all(f32(0))
        for i in range(np.uint64(first), np.uint64(min(first + 32, spins.shape[0]))):
            own = _all(linear[i]) if linear.ndim == 1 else _load(linear, i)
            both = own + _field(spins, linear, couplings, i)
            total = _multiply_add(both, _load(spins, i), total)
        _store(part, 0, total)
        energies += 0.5 * part[0]


@_compiled
def _swap(ladder, scale, energies, uniform, first, lane, rejection, attempts):
    """Exchange the levels (k, k + 1) of one system, k = first, first + 2, ...: Metropolis on the two together."""
    for k in range(first, len(ladder) - 1, 2):
        a, b = lane[k], lane[k + 1]
        drive = scale * (ladder[k] - ladder[k + 1]) * (energies[a] - energies[b])
        accept = 1.0 if drive >= 0 else math.exp(drive)
        rejection[k] += 1 - accept
        attempts[k] += 1
        if uniform[a] < accept:
            lane[k], lane[k + 1] = b, a


@_compiled
def _count_trips(lane, heading):
    """1 if the lane now hottest has since been coldest. ``heading``: 1 from the hot end, 2 from the cold, 0 from neither."""
    hot, cold = lane[0], lane[-1]
    trips = 1 if heading[hot] == 2 else 0
    heading[hot] = 1
    if heading[cold] == 1:
        heading[cold] = 2
    return trips


@_compiled
def _sweeps(spins, random, linear, couplings, held, betas, schedule):
    """A sweep for each of ``schedule``, which multiplies ``betas[0]``; ``betas[1]`` is overwritten."""
    for factor in schedule:
        _store(betas, 1, _load(betas, 0) * _all(f32(factor)))
        _sweep(spins, random, linear, couplings, held, betas)


@_compiled
def _of_tile(array, t):
    """One tile's part of an array that may be the same for all."""
    if array.ndim == 1:
        return array
    return array[t]


@_compiled
def _couplings_of_tile(couplings, t):
    starts, neighbours, edges, values = couplings
    return starts, neighbours, edges, _of_tile(values, t)


@_compiled
def sweep(tiles, spins, random, linear, couplings, held, betas, schedule):
    """Sweep the tiles ``tiles[0] <= t < tiles[1]``, once for each inverse temperature of a schedule.

    Args, with T tiles:
        spins: float32 (T, n, LANES), -1 or +1, changed in place.
        random: uint32 (T, 4, LANES), the state of the generators, changed in place.
        linear: h, float32 (n,) for all or (T, n, LANES).
        couplings: J in compressed rows: starts uint64 (n + 1,), neighbours and edges uint64 (2 m,), values float32 (2 m,),
            one for each neighbour; or (T, m, LANES), one for each edge.
        held: uint64 (T, n, 1), where bit l is set lane l keeps that spin; or of shape (0,) when none is held.
        betas: float32 (T, 2, LANES): 2 log2(e) times each lane's inverse temperature, and working space.
        schedule: float64 (sweeps,), multiplies them.
    """
    for t in range(tiles[0], tiles[1]):
        values = _couplings_of_tile(couplings, t)
        _sweeps(spins[t], random[t], _of_tile(linear, t), values, _of_tile(held, t), betas[t], schedule)


@_compiled
def temper(
    tiles, spins, random, linear, couplings, held, betas, schedule,
    ladder, scales, lanes, heading, rounds, parity, rejection, attempts, trips,
):  # fmt: skip
    """Sweep as :func:`sweep` does, then swap neighbouring levels of the ladder, alternately even and odd ones; and again.

    The alternation makes replicas cross the ladder instead of diffusing (Syed, Bouchard-Côté, Deligiannidis & Doucet,
    J. R. Stat. Soc. B 84, 2022).

    Args, with T tiles of S systems of L levels, S L <= LANES, on top of those of :func:`sweep`:
        ladder: float64 (L,), the levels' inverse temperatures, ascending: the last is the one of interest.
        scales: float64 (T, S), multiplying it, each system's own.
        lanes: int64 (T, S, L), the lane that holds each level, changed in place.
        heading: uint8 (T, LANES), see the count of round trips, changed in place.
        rounds: How often.
        parity: 0 or 1, the first pairs to swap.
        rejection, attempts: float64 and int64 (T, L - 1), added to: the sum of rejection probabilities, and their number.
        trips: int64 (T,), added to: replicas that were hottest, then coldest, then hottest again.
    """
    uniform, energies = np.empty((1, LANES), f32), np.empty(LANES)
    for t in range(tiles[0], tiles[1]):
        fields, values = _of_tile(linear, t), _couplings_of_tile(couplings, t)
        for done in range(rounds):
            for system in range(lanes.shape[1]):
                for k in range(len(ladder)):
                    betas[t, 0, lanes[t, system, k]] = 2 / math.log(2) * scales[t, system] * ladder[k]
            _sweeps(spins[t], random[t], fields, values, _of_tile(held, t), betas[t], schedule)
            _energies(spins[t], fields, values, energies)
            _store(uniform, 0, _to_floats(_draw(random[t]) >> _all(u32(9))) * _all(f32(2**-23)))
            for system in range(lanes.shape[1]):
                lane, first = lanes[t, system], (parity + done) % 2
                _swap(ladder, scales[t, system], energies, uniform[0], first, lane, rejection[t], attempts[t])
                trips[t] += _count_trips(lane, heading[t])


@_compiled
def energies_of(tiles, spins, linear, couplings, energies):
    """E of every lane of ``tiles`` into ``energies``, float64 (T, LANES); the other arguments as for :func:`run`."""
    for t in range(tiles[0], tiles[1]):
        _energies(spins[t], _of_tile(linear, t), _couplings_of_tile(couplings, t), energies[t])


@_compiled
def gather(tiles, spins, lanes, places, out):
    """Spins of the last level into ``out``, int8 (T, S, n), spin i taken from row ``places[i]``."""
    for t in range(tiles[0], tiles[1]):
        for system in range(lanes.shape[1]):
            lane = lanes[t, system, lanes.shape[2] - 1]
            for i in range(len(places)):
                out[t, system, i] = spins[t, places[i], lane]


@_compiled
def scatter(tiles, values, lanes, places, spins):
    """The opposite: ``values``, any number (T, S, n), into every level's lane of ``spins``."""
    for t in range(tiles[0], tiles[1]):
        for system in range(lanes.shape[1]):
            for i in range(len(places)):
                for k in range(lanes.shape[2]):
                    spins[t, places[i], lanes[t, system, k]] = values[t, system, i]


@_compiled
def spread(tiles, values, kinds, lanes, out):
    """``values``, float32 (K, rows), into ``out`` (T, rows, LANES): all lanes of a system get row ``kinds[t, s]``."""
    for t in range(tiles[0], tiles[1]):
        for row in range(values.shape[1]):
            for system in range(lanes.shape[1]):
                value = values[kinds[t, system], row]
                for k in range(lanes.shape[2]):
                    out[t, row, lanes[t, system, k]] = value
