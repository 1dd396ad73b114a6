// The drawings beside the pages' names, and of a bin whose fill is its vote and whose lid opens with its light.

import { s } from './dom.js';

const STROKES = {
	now: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5z',
	history: 'M4 20V11M9.3 20V5M14.7 20v-7M20 20V8',
	bins: 'M5 6 18 3M6 9h12l-1.2 10.5q-.1 1.5-1.6 1.5H8.8q-1.5 0-1.6-1.5z',
	aim: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M12 9v6M9 12h6',
	settings: 'M4 7h9M19 7h1M4 17h3M13 17h7M16 4.5v5M10 14.5v5',
	log: 'M5 5h14M5 10h14M5 15h9M5 20h5',
	model: 'M12 4v16M4 8l8 4 8-4M12 4 4 8v8l8 4 8-4V8z',
	privacy: 'M12 3l7 3v5q0 7-7 10-7-3-7-10V6zM9 12l2.2 2.2L15.5 10',
	access: 'M11 12a4 4 0 1 0 0 .1zh9.5v3M17 12v4',
	more: 'M5 12h.01M12 12h.01M19 12h.01',
};

export function icon(name) {
	return s('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d: STROKES[name] }));
}

const BODY = 'M8 19h32l-2.8 35q-.3 4-4.2 4H15q-3.9 0-4.2-4z';
let clips = 0;

// A bin: `set(vote, lit)` fills it to a share of its height and opens its lid.
export function binDrawing() {
	const id = `bin-${(clips += 1)}`;
	const level = s('rect.level', { x: 0, y: 19, width: 48, height: 39 });
	const at = s('svg.bin', { viewBox: '0 0 48 62', 'aria-hidden': 'true' },
		s('clipPath', { id }, s('path', { d: BODY })),
		s('g.lid', s('path', { d: 'M5 13h38M18 13V8.5h12V13' })),
		s('g', { 'clip-path': `url(#${id})` }, level),
		s('path', { d: BODY }));
	const set = (vote, lit) => {
		level.style.transform = `scaleY(${vote})`;
		at.classList.toggle('lit', lit);
	};
	set(0, false);
	return { at, set };
}
