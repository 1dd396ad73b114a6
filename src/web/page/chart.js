// Draws counts as bars, each of those recognised, those unsure and those that left before.

import { s } from './dom.js';

const PARTS = ['recognised', 'unsure', 'left'];
const [HEIGHT, ABOVE, BELOW, BESIDE] = [220, 18, 26, 44];
const NAME_WIDTH = 30;

// The round number at or above `most` to which the axis goes in four steps.
export function ceiling(most) {
	const power = 10 ** Math.floor(Math.log10(Math.max(most / 4, 1)));
	return 4 * [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step * 4 >= most && step % 1 === 0);
}

// The drawing is as wide as its place, so that its words keep their size.
export function bars(rows, width, label, number) {
	const most = ceiling(Math.max(...rows.map((row) => row.recognised + row.unsure + row.left)));
	const y = (count) => ABOVE + (HEIGHT - ABOVE - BELOW) * (1 - count / most);
	const step = (width - BESIDE) / rows.length;
	const wide = Math.min(step * 0.7, 46);
	const every = Math.ceil(NAME_WIDTH / step);
	const text = (x, down, anchor, words) => s('text', { x, y: down, 'text-anchor': anchor }, words);
	const lines = [0, 1, 2, 3, 4].map((quarter) => (most * quarter) / 4).map((count) => [
		s('path.line', { d: `M${BESIDE} ${y(count)}H${width}` }), text(BESIDE - 7, y(count) + 4, 'end', number(count))]);
	const columns = rows.map((row, index) => {
		const middle = BESIDE + step * (index + 0.5);
		let below = 0;
		const blocks = PARTS.map((part) => {
			below += row[part];
			return s(`rect.${part}`, { x: middle - wide / 2, y: y(below), width: wide, height: y(0) - y(row[part]) });
		});
		return [...blocks, below > 0 && every === 1 && text(middle, y(below) - 5, 'middle', number(below)),
			(rows.length - 1 - index) % every === 0 && text(middle, HEIGHT - 8, 'middle', row.short)];
	});
	return s('svg.chart', { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: 'img', 'aria-label': label }, lines, columns);
}
