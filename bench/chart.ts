import { formatCell } from './table.ts';

export type Bar = { readonly name: string; readonly value: number; readonly isOurs: boolean };

export type Panel = { readonly title: string; readonly bars: readonly Bar[] };

const width = 920;
const nameWidth = 440;
const figureWidth = 70;
const barHeight = 18;
const step = 26;
const headHeight = 44;

/** Returns an SVG of horizontal bars, one panel under another, each with its own scale. */
export const barChart = (panels: readonly Panel[]): string => {
  const parts: string[] = [];
  let top = 10;
  for (const { title, bars } of panels) {
    parts.push(text(16, top + 22, title, 'title'));
    const largest = Math.max(...bars.map(({ value }) => value));
    for (const [index, { name, value, isOurs }] of bars.entries()) {
      const y = top + headHeight + index * step;
      const length = Math.max(1, ((width - nameWidth - figureWidth - 20) * value) / largest);
      const kind = isOurs ? 'ours' : 'peer';
      parts.push(text(nameWidth - 8, y + 13, name, `name ${kind}-name`));
      parts.push(
        `<rect class="${kind}" x="${nameWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}"/>`,
      );
      parts.push(text(nameWidth + length + 6, y + 13, formatCell(value), 'figure'));
    }
    top += headHeight + bars.length * step + 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" role="img" aria-label="CPU per request">
<style>
  text { font: 13px system-ui, sans-serif; fill: #333 }
  .title { font-weight: 600; font-size: 15px }
  .name { text-anchor: end }
  .ours-name { font-weight: 600 }
  .ours { fill: #1f7a4d }
  .peer { fill: #a9b4c2 }
</style>
<rect width="${width}" height="${top}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
};

const text = (x: number, y: number, content: string, kind: string): string =>
  `<text x="${x.toFixed(1)}" y="${y}" class="${kind}">${escapeXml(content)}</text>`;

const escapeXml = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');
