import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogSink } from '../../../src/telemetry/log-sink.ts';
import { temporaryFolder } from '../../support/process.ts';

/** A pipe whose two ends are ours; writing to it and reading from it never wait. */
const pipe = () => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const open = (mode: number) => {
    const descriptor = openSync(path, mode | constants.O_NONBLOCK);
    let isOpen = true;
    const close = () => {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    };
    onTestFinished(close);
    return { descriptor, close };
  };
  const [reader, writer] = [open(constants.O_RDONLY), open(constants.O_WRONLY)];
  const read = (): string => {
    const parts: Buffer[] = [];
    const buffer = Buffer.alloc(1 << 20);
    try {
      for (let size = readSync(reader.descriptor, buffer); size > 0; size = readSync(reader.descriptor, buffer)) {
        parts.push(Buffer.from(buffer.subarray(0, size)));
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    return Buffer.concat(parts).toString();
  };
  return { descriptor: writer.descriptor, read, closeReader: reader.close };
};

const maxBytes = 256 * 1024;

const sinkTo = (descriptor: number) => {
  const dropped: number[] = [];
  const sink = createLogSink({ descriptor, maxBytes, onDropped: (count) => dropped.push(count) });
  return { write: sink.write, dropped };
};

const line = (n: number) => `${n} ${'ö'.repeat(500)}\n`;

describe.runIf(process.platform === 'linux')('the log sink', () => {
  const listenersBefore = new Set(process.listeners('exit'));
  const exitListeners = () => process.listeners('exit').filter((listener) => !listenersBefore.has(listener));
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    for (const listener of exitListeners()) process.off('exit', listener);
  });

  it('writes a line at once while there is a reader', () => {
    const { descriptor, read } = pipe();
    const { write } = sinkTo(descriptor);
    write('one\n');
    expect(read()).toBe('one\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not wait for a reader: buffers whole lines, then drops lines and counts them, in order and once each', () => {
    const { descriptor, read } = pipe();
    const { write, dropped } = sinkTo(descriptor);
    const count = 1_000;
    const startedAt = performance.now();
    for (let n = 0; n < count; n += 1) write(line(n));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    let text = read();
    expect(dropped).toEqual([]);
    for (let step = 0; step < 20; step += 1) {
      vi.advanceTimersByTime(100);
      text += read();
    }
    const numbers = text
      .split('\n')
      .slice(0, -1)
      .map((each) => Number(each.split(' ')[0]));
    expect(text).toBe(numbers.map(line).join(''));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => n));
    expect(text.length).toBeGreaterThan(maxBytes / 2);
    expect(dropped).toEqual([count - numbers.length]);
    write('again\n');
    expect(read()).toBe('again\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('survives a full disk', () => {
    const descriptor = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(descriptor));
    const { write, dropped } = sinkTo(descriptor);
    for (let n = 0; n < 1_000; n += 1) write(line(n));
    vi.advanceTimersByTime(1_000);
    expect(dropped).toEqual([]);
  });

  it('survives a reader that goes away', () => {
    const { descriptor, closeReader } = pipe();
    const { write } = sinkTo(descriptor);
    write('one\n');
    closeReader();
    for (let n = 0; n < 1_000; n += 1) write(line(n));
    vi.advanceTimersByTime(1_000);
  });

  it('waits at the end of the process for a reader, but for a second at most', () => {
    const { descriptor } = pipe();
    const { write } = sinkTo(descriptor);
    write(line(0));
    expect(exitListeners()).toHaveLength(0);
    for (let n = 0; n < 1_000; n += 1) write(line(n));
    expect(exitListeners()).toHaveLength(1);
    const startedAt = performance.now();
    for (const atExit of exitListeners()) atExit.call(process, 0);
    const ms = performance.now() - startedAt;
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(3_000);
  });

  it('writes at the end of the process what a reader takes then', () => {
    const { descriptor, read } = pipe();
    const { write } = sinkTo(descriptor);
    for (let n = 0; n < 100; n += 1) write(line(n));
    let text = read();
    const [atExit] = exitListeners();
    atExit?.call(process, 0);
    text += read();
    expect(text).toBe(Array.from({ length: 100 }, (_, n) => line(n)).join(''));
    expect(exitListeners()).toHaveLength(0);
  });
});
