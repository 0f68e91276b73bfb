/** The part of React that the panel uses. GraphiQL's bundle provides it as a global. */

export type Element = object;
export type Child = Element | string | false | null;
export type Component = (props: never) => Element;

declare const React: {
  readonly createElement: (type: string | Component, props: object | null, ...children: Child[]) => Element;
  readonly useState: <Value>(initial: Value) => [Value, (next: Value) => void];
  readonly useEffect: (effect: () => () => void, dependencies: readonly unknown[]) => void;
  readonly useSyncExternalStore: <Value>(
    subscribe: (listener: () => void) => () => void,
    snapshot: () => Value,
  ) => Value;
};

export const { createElement, useEffect, useState, useSyncExternalStore } = React;
