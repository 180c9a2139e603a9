"""Filters, effects and mastering. Signals are float64 arrays, (samples,) mono or (samples, 2) stereo.

Filters are applied in the frequency domain by the response of their analogue second-order prototype,
which is exact, needs no loop over samples, and stays quick in numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]
Curve = npt.NDArray[np.float64]
Response = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.complex128]]

CEILING = 10 ** (-2.0 / 20)
"""Highest sample before encoding: -2 dBFS, as lossy codecs overshoot by about a decibel."""
_BLOCK = 64
"""Samples that share one gain in the limiter: 1.5 ms, shorter than a period of the bass."""


def fast_size(least: int) -> int:
    """A transform's length of at least `least` samples whose prime factors are 2, 3 and 5."""
    sizes = (odd << max(0, (-(-least // odd) - 1).bit_length()) for odd in (1, 3, 5, 9, 15, 25, 27, 45, 75))
    return min(sizes)


def filtered(signal: Signal, rate: int, response: Response) -> Signal:
    """Multiply the spectrum by `response`, a function of frequency in Hz; nothing wraps around."""
    # The padding holds the filter's ringing.
    size = fast_size(len(signal) + rate // 10)
    spectrum = np.fft.rfft(signal, size, axis=0)
    gain = response(np.fft.rfftfreq(size, 1 / rate))
    spectrum *= gain.reshape(-1, *[1] * (signal.ndim - 1))
    return np.fft.irfft(spectrum, size, axis=0)[: len(signal)]


def lowpass(signal: Signal, rate: int, hertz: float, q: float = 0.707) -> Signal:
    """12 dB per octave above `hertz`; `q` above 0.707 resonates there."""

    def response(f: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        r = f / hertz
        return 1 / (1 - r**2 + 1j * r / q)

    return filtered(signal, rate, response)


def highpass(signal: Signal, rate: int, hertz: float, q: float = 0.707) -> Signal:
    """12 dB per octave below `hertz`; 0 Hz goes altogether."""

    def response(f: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        r = f / hertz
        return -(r**2) / (1 - r**2 + 1j * r / q)

    return filtered(signal, rate, response)


def peaks(signal: Signal, rate: int, bands: tuple[tuple[float, float, float], ...]) -> Signal:
    """The sum of band-pass filters, each (Hz, gain, q): a resonating body or a vowel's formants."""

    def response(f: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        total = np.zeros(f.shape, np.complex128)
        for hertz, gain, q in bands:
            r = f / hertz
            total += gain * (1j * r / q) / (1 - r**2 + 1j * r / q)
        return total

    return filtered(signal, rate, response)


def swept(signal: Signal, rate: int, cutoff: Curve, q: float = 1.0) -> Signal:
    """A low-pass whose cutoff (Hz, one per sample) moves: a cross-fade along a bank of fixed ones."""
    logs = np.log2(np.clip(cutoff, 20, 0.45 * rate))
    lowest, highest = float(logs.min()), float(logs.max())
    count = max(2, int((highest - lowest) * 2) + 2)
    place = (logs - lowest) / max(highest - lowest, 1e-9) * (count - 1)
    out = np.zeros_like(signal)
    for index, log in enumerate(np.linspace(lowest, highest, count)):
        out += np.clip(1 - np.abs(place - index), 0, 1) * lowpass(signal, rate, 2**log, q)
    return out


def shifted(signal: Signal, delay: Curve) -> Signal:
    """The signal read `delay` samples late, one delay per sample: chorus, flutter, vibrato."""
    at = np.arange(len(signal))
    return np.interp(at - delay, at, signal, left=0.0)


def drive(bus: Signal, rate: int, amount: float) -> Signal:
    """A valve amplifier pushed by `amount` (2 warm, 30 fierce) and its loudspeaker, which ends near 5 kHz.

    The whole bus goes through one valve, so a power chord's notes intermodulate as on a real guitar.
    """
    level = np.abs(bus).max() or 1.0
    hot = np.tanh(amount * bus / level + 0.15) - np.tanh(0.15)
    return 0.5 * level * highpass(lowpass(lowpass(hot, rate, 4_800), rate, 5_500), rate, 75)


def crush(bus: Signal, rate: int, bits: float) -> Signal:
    """Coarse steps of amplitude and a coarser clock, as early samplers had."""
    steps = 2.0 ** (bits - 1)
    level = np.abs(bus).max() or 1.0
    hold = max(1, rate // 11_025)
    return np.repeat(np.round(bus[::hold] / level * steps) / steps * level, hold, axis=0)[: len(bus)]


def chorus(bus: Signal, rate: int, depth: float) -> Signal:
    """Each side doubled by a copy that wavers against the other; `depth` in milliseconds."""
    at = np.arange(len(bus)) / rate
    out = bus.copy()
    for side, phase in enumerate((0.0, np.pi * 0.6)):
        wave = 0.012 + depth / 1000 * (0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * at + phase))
        out[:, side] = 0.7 * bus[:, side] + 0.6 * shifted(bus[:, side], wave * rate)
    return out


def warble(bus: Signal, rate: int, depth: float) -> Signal:
    """A sick tape machine: pitch wanders by up to about `depth` cents, slowly and never quite regularly."""
    at = np.arange(len(bus)) / rate
    # The pitch ratio is the delay's slope, so a wave of f Hz needs depth / (2 π f) of delay.
    ratio = depth / 1200 * np.log(2)
    wave = sum(ratio / (2 * np.pi * f) * (1 + np.sin(2 * np.pi * f * at + f)) for f in (0.61, 1.37, 4.1)) / 2
    return np.stack([shifted(bus[:, side], wave * rate) for side in range(2)], axis=1)


def tremolo(bus: Signal, rate: int, hertz: float) -> Signal:
    """Loudness to and fro between the sides, `hertz` times a second."""
    wave = 0.35 * np.sin(2 * np.pi * hertz * np.arange(len(bus)) / rate)
    return bus * np.stack([0.7 + wave, 0.7 - wave], axis=1)


def echo(bus: Signal, seconds: float, feedback: float, rate: int) -> Signal:
    """Ping-pong repeats every `seconds`, each `feedback` (below 1) as loud and a little darker."""
    out = bus.copy()
    gap = round(seconds * rate)
    repeat = bus
    for _ in range(6):
        repeat = feedback * lowpass(repeat[:, ::-1], rate, 4_500)
        repeat = np.concatenate([np.zeros((gap, 2)), repeat])[: len(bus)]
        out += repeat
    return out


def reverb(bus: Signal, rate: int, seconds: float, rng: np.random.Generator) -> Signal:
    """A room in which sound dies by 60 dB in `seconds`; highs die first, and each side has its own echoes."""
    size = round(seconds * 1.1 * rate)
    at = np.arange(size) / rate
    tail = rng.standard_normal((size, 2)) * (10 ** (-3 * at / seconds))[:, None]
    bright = np.exp(-at * 6 / seconds)[:, None]
    tail = bright * lowpass(tail, rate, 7_000) + (1 - bright) * lowpass(tail, rate, 1_800)
    tail = np.concatenate([np.zeros((round(0.012 * rate), 2)), highpass(tail, rate, 180)])
    tail /= np.sqrt((tail**2).sum(axis=0))
    total = fast_size(len(bus) + len(tail))
    wet = np.fft.irfft(np.fft.rfft(bus, total, axis=0) * np.fft.rfft(tail, total, axis=0), total, axis=0)
    return wet[: len(bus)]


def faded(bus: Signal, rate: int, fade_in: float, fade_out: float) -> Signal:
    """Raised-cosine fades, in seconds, so that neither end clicks."""
    out = bus.copy()
    for seconds, part in ((fade_in, slice(None)), (fade_out, slice(None, None, -1))):
        size = min(round(seconds * rate), len(out))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(size) / size)
        out[part][:size] *= ramp.reshape(-1, *[1] * (bus.ndim - 1))
    return out


def mastered(bus: Signal, rate: int, loudness: float) -> Signal:
    """No DC, `loudness` dBFS RMS where it sounds, and no sample above CEILING.

    The limiter looks ahead: the gain a peak needs is spread around it by a smooth window, so it is
    lowered before the peak comes and nothing is squared off. Two rounds, as limiting costs loudness.
    """
    bus = highpass(bus, rate, 28)
    level = np.sqrt((bus**2).mean(axis=1))
    window = max(1, rate // 4)
    power = (level[: len(level) // window * window].reshape(-1, window) ** 2).mean(axis=1)
    # Silences and the last tail do not count: a listener judges loudness while there is something to hear.
    sounding = power > power.max() * 1e-3
    for _ in range(2):
        gain = 10 ** (loudness / 20) / np.sqrt(power[sounding].mean())
        bus = _limited(gain * bus, rate)
        level = np.sqrt((bus**2).mean(axis=1))
        power = (level[: len(level) // window * window].reshape(-1, window) ** 2).mean(axis=1)
    return bus


def _limited(bus: Signal, rate: int) -> Signal:
    """No sample above CEILING, by a gain that moves over about 20 ms."""
    count = -(-len(bus) // _BLOCK)
    padded = np.zeros(count * _BLOCK)
    padded[: len(bus)] = np.abs(bus).max(axis=1)
    needed = np.minimum(1, CEILING / np.maximum(padded.reshape(-1, _BLOCK).max(axis=1), 1e-9))
    reach = max(2, round(0.01 * rate / _BLOCK))
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(needed, 2 * reach, constant_values=1.0), 2 * reach + 1
    ).min(axis=1)
    window = np.hanning(2 * reach + 3)[1:-1]
    gain = np.convolve(around, window / window.sum(), mode="valid")
    centres = (np.arange(count) + 0.5) * _BLOCK
    # Between blocks the gain is interpolated, which may exceed a peak's by a hair: the clip takes that hair.
    out = bus * np.interp(np.arange(len(bus)), centres, gain)[:, None]
    return np.clip(out, -CEILING, CEILING)
