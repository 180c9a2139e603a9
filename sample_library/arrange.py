"""From a score to sound: lets each layer play, and mixes the layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zlib import crc32

import effects
import numpy as np
from drums import DRUMS, PLACES
from effects import Signal
from score import Layer, Piece, clock, harmony
from synth import INSTRUMENTS, Voice
from theory import Event, above, cadence, grow_melody, lead_voices

SEED = 20_180_601
LEAD_IN = 0.04
"""Seconds of silence before the first note."""
_VELOCITIES = {"X": 1.0, "x": 0.8, "o": 0.5}
_WINDOW = 0.05
"""Seconds over which a layer's loudness is judged."""


def render(piece: Piece, rate: int, mono: bool = False) -> Signal:
    """The mastered track at `rate` samples per second, (samples, 2) or mono (samples,)."""
    return _Performance(piece, rate).mix(mono)


class _Performance:
    """One piece being played."""

    def __init__(self, piece: Piece, rate: int) -> None:
        self.piece = piece
        self.rate = rate
        self.chords, self.keys = harmony(piece)
        self.total = len(self.chords)
        self.final = self.total - piece.bar if piece.ending != "fade" else self.total
        self.clock = clock(piece, self.total)
        self.size = round((LEAD_IN + self.clock[-1] + piece.tail) * rate)

    def mix(self, mono: bool) -> Signal:
        dry = np.zeros((self.size, 2))
        wet = np.zeros((self.size, 2))
        for number, layer in enumerate(self.piece.layers):
            rng = np.random.default_rng([SEED, crc32(self.piece.path.encode()), number])
            bus = self._drums(layer, rng) if layer.drums else self._notes(layer, rng)
            for effect in layer.effects:
                bus = self._apply(effect, bus)
            bus *= 10 ** (layer.level / 20) / _loudness(bus, self.rate)
            self._silence(bus)
            dry += bus
            wet += layer.send * bus
        room = np.random.default_rng([SEED, crc32(self.piece.path.encode()), 99])
        mixed = dry + effects.reverb(wet, self.rate, self.piece.room, room)
        if mono:
            mixed = np.repeat(mixed.mean(axis=1, keepdims=True), 2, axis=1)
        track = self._ended(effects.mastered(mixed, self.rate, self.piece.loudness))
        return track[:, 0] if mono else track

    def _ended(self, mixed: Signal) -> Signal:
        """Without the silence after the last sound, and faded: over the last bars, or over the tail's end."""
        heard = np.flatnonzero(np.abs(mixed).max(axis=1) > 10 ** (-56 / 20))
        mixed = mixed[: heard[-1] + self.rate // 10]
        fade = 0.4
        if self.piece.ending == "fade":
            last_bars = float(self.clock[-1] - self.clock[-1 - 2 * self.piece.bar])
            fade = min(6.0, last_bars + self.piece.tail)
        return effects.faded(mixed, self.rate, 0.01, fade)

    def _silence(self, bus: Signal) -> None:
        """Cut the sudden stops out, within 4 ms so that they do not click."""
        ramp = round(0.004 * self.rate)
        for beat, beats in self.piece.silences:
            start = self._sample(beat * self.piece.division)
            stop = self._sample((beat + beats) * self.piece.division)
            gain = np.zeros(stop - start)
            gain[:ramp] = np.linspace(1, 0, ramp)
            gain[-ramp:] = np.linspace(0, 1, ramp)
            bus[start:stop] *= gain[:, None]

    def _sample(self, step: float) -> int:
        """The sample at which a step begins."""
        at = float(np.interp(step, np.arange(len(self.clock)), self.clock))
        return round((LEAD_IN + at) * self.rate)

    def _apply(self, effect: str, bus: Signal) -> Signal:  # noqa: PLR0911 - one return per effect
        name, *amounts = effect.split(":")
        amount = float(amounts[0])
        match name:
            case "drive":
                return effects.drive(bus, self.rate, amount)
            case "lowpass":
                return effects.lowpass(bus, self.rate, amount)
            case "highpass":
                return effects.highpass(bus, self.rate, amount)
            case "crush":
                return effects.crush(bus, self.rate, amount)
            case "chorus":
                return effects.chorus(bus, self.rate, amount)
            case "warble":
                return effects.warble(bus, self.rate, amount)
            case "tremolo":
                return effects.tremolo(bus, self.rate, amount)
            case "echo":
                return effects.echo(bus, amount * 60 / self.piece.bpm, float(amounts[1]), self.rate)
            case "pump":
                return bus * self._pumping(amount)
        raise ValueError(f"no such effect: {effect!r}")

    def _pumping(self, depth: float) -> Signal:
        """A compressor that ducks by `depth` (0 to 1) on every beat, as under a four-to-the-floor kick."""
        beats = self.clock[:: self.piece.division] + LEAD_IN
        at = np.arange(self.size) / self.rate
        since = at - beats[np.clip(np.searchsorted(beats, at, side="right") - 1, 0, None)]
        return (1 - depth * np.exp(-np.maximum(since, 0) / 0.12))[:, None]

    def _notes(self, layer: Layer, rng: np.random.Generator) -> Signal:
        bus = np.zeros((self.size, 2))
        instrument = INSTRUMENTS[layer.play]
        made: dict[tuple[float, float, float], Signal] = {}
        for event in self._events(layer, rng):
            cents = 20 * round(rng.normal(0, layer.detune) / 20)
            velocity = event.velocity * self._dynamic(event.start) + rng.normal(0, 0.04)
            velocity = round(float(np.clip(velocity, 0.1, 1)), 1)
            late = rng.normal(0, self.piece.feel) + layer.strum * (event.place + 1) * 1.5
            start = self.clock[event.start]
            held = (self.clock[min(event.start + event.length, self.total)] - start) * layer.gate
            for interval in (0, *layer.double):
                pitch = event.pitch + interval + cents / 100
                ask = (pitch, round(held, 2), velocity)
                if ask not in made:
                    hertz = 440 * 2 ** ((pitch - 69) / 12)
                    made[ask] = instrument(Voice(hertz, max(held, 0.03), velocity, self.rate, rng))
                gain = velocity**1.3
                self._place(bus, made[ask] * gain, start + late, layer.pan + layer.spread * event.place)
        return bus

    def _drums(self, layer: Layer, rng: np.random.Generator) -> Signal:
        bus = np.zeros((self.size, 2))
        made: dict[tuple[str, int], Signal] = {}
        strokes = sorted(self._strokes(layer), key=lambda stroke: stroke[0])
        for count, (step, name, velocity) in enumerate(strokes):
            # Three strokes of each drum in turn: the same one over and over sounds like a machine gun.
            ask = (name, count % 3)
            if ask not in made:
                made[ask] = DRUMS[name](self.rate, rng)
            gain = velocity**1.3 * self._dynamic(step) * (1 + rng.normal(0, 0.05))
            late = rng.normal(0, 0.5 * self.piece.feel)
            self._place(bus, made[ask] * gain, self.clock[step] + late, layer.pan + PLACES.get(name, 0.0))
        return bus

    def _strokes(self, layer: Layer) -> Iterator[tuple[int, str, float]]:
        """Step, drum and velocity of every stroke."""
        bar = self.piece.bar
        patterns = layer.drums or {}
        for step in range(self.final):
            if not layer.plays(step // bar):
                continue
            filling = layer.fill and step // bar % layer.every == layer.every - 1
            for name, steps in (layer.fill or {} if filling else patterns).items():
                sign = _at(steps, step)
                if sign in _VELOCITIES:
                    yield step, name, _VELOCITIES[sign]
        if self.final < self.total and layer.plays(self.final // bar):
            yield from ((self.final, name, 1.0) for name in layer.last)

    def _dynamic(self, step: int) -> float:
        signs = self.piece.dynamics
        return 0.35 + 0.65 * int(signs[min(step // self.piece.bar, len(signs) - 1)]) / 9

    def _place(self, bus: Signal, note: Signal, seconds: float, pan: float) -> None:
        """Add a note, with equal power between the sides."""
        start = max(0, round((LEAD_IN + seconds) * self.rate))
        note = note[: max(0, len(bus) - start)]
        angle = (np.clip(pan, -0.95, 0.95) + 1) * np.pi / 4
        bus[start : start + len(note), 0] += np.cos(angle) * note
        bus[start : start + len(note), 1] += np.sin(angle) * note

    def _events(self, layer: Layer, rng: np.random.Generator) -> list[Event]:
        """The layer's notes; the last bar is its final chord or note, unless the piece fades."""
        bar, final = self.piece.bar, self.final
        length = bar if self.piece.ending == "chord" else self.piece.division // 2
        if layer.motifs:
            first = min((start for start, _ in layer.bars), default=0) * bar
            keys, chords = self.keys[first:], self.chords[first:]
            grown = grow_melody(layer.motifs, layer.plan, layer.low, keys, chords, self.piece.division, rng)
            events = [replace(e, start=e.start + first) for e in grown]
            events = [e for e in events if layer.plays(e.start // bar)]
            if final < self.total and layer.plays(final // bar):
                events = cadence(events, final, length, self.keys[final], self.chords[final])
            return events
        changes = [i for i in range(self.total) if i == 0 or self.chords[i] is not self.chords[i - 1]]
        voicings = lead_voices([self.chords[i] for i in changes], layer.low)
        events = []
        for step in range(final):
            sign = _at(layer.steps, step)
            if sign in ".-" or not layer.plays(step // bar):
                continue
            length_here = 1
            while step + length_here < final and _at(layer.steps, step + length_here) == "-":
                length_here += 1
            index = int(np.searchsorted(changes, step, side="right")) - 1
            events += self._struck(layer, sign, step, length_here, voicings[index])
        if final < self.total and layer.plays(final // bar):
            events += self._struck(layer, "1" if layer.bass else "X", final, length, voicings[-1])
        return events

    def _struck(
        self, layer: Layer, sign: str, step: int, length: int, voicing: tuple[int, ...]
    ) -> Iterator[Event]:
        """The notes that one sign asks for."""
        accent = 0.85 if step % self.piece.division == 0 else 0.7
        if layer.bass:
            chord = self.chords[step]
            root = above(chord.bass, layer.low)
            if sign in "ab":
                ahead = self.chords[min(step + length, self.total - 1)]
                pitch = above(ahead.bass, layer.low) + (1 if sign == "b" else -1)
            elif sign in _VELOCITIES:
                pitch, accent = root, _VELOCITIES[sign]
            else:
                pitch = root if sign == "1" else above(chord.root, layer.low) + chord.degree(int(sign))
            yield Event(step, length, pitch, accent)
        elif sign in _VELOCITIES:
            last = max(1, len(voicing) - 1)
            for place, pitch in enumerate(voicing):
                yield Event(step, length, pitch, _VELOCITIES[sign], 2 * place / last - 1)
        else:
            octave, place = divmod(int(sign) - 1, len(voicing))
            spread = 2 * (int(sign) - 1) / 5 - 1
            yield Event(step, length, voicing[place] + 12 * octave, accent, spread)


def _at(steps: str, step: int) -> str:
    """The sign of a pattern at a step."""
    steps = steps.replace(" ", "")
    return steps[step % len(steps)]


def _loudness(bus: Signal, rate: int) -> float:
    """RMS of the windows in which the layer sounds; 1 for silence."""
    window = round(_WINDOW * rate)
    power = (bus[: len(bus) // window * window] ** 2).reshape(-1, 2 * window).mean(axis=1)
    loud = power > power.max() * 10**-2.5
    return float(np.sqrt(power[loud].mean())) if loud.any() else 1.0
