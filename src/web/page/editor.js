// A text area with line numbers that scroll along, and with a way to a line and a column.

import { fill, h } from './dom.js';

export function placeOf(text, line, column) {
	const lines = text.split('\n').slice(0, line);
	const inside = Array.from(lines.pop()).slice(0, column - 1).join('');
	return [...lines, inside].join('\n').length;
}

export function editor(label, changed) {
	const numbers = h('pre', { 'aria-hidden': 'true' });
	const area = h('textarea', { 'aria-label': label, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off' });
	const follow = () => { numbers.scrollTop = area.scrollTop; };
	const mark = (wrong) => {
		fill(numbers, area.value.split('\n').map((_, index) => h(wrong.includes(index + 1) ? 'b' : 'span', `${index + 1}\n`)));
		follow();
	};
	area.onscroll = follow;
	area.oninput = () => {
		mark([]);
		changed();
	};
	return {
		at: h('div.editor', numbers, area),
		mark,
		read: () => area.value,
		write(text) {
			area.value = text;
			mark([]);
		},
		jump(line, column) {
			const place = placeOf(area.value, line, column);
			area.focus();
			area.setSelectionRange(place, place + 1);
			area.scrollTop = (line - 4) * parseFloat(getComputedStyle(area).lineHeight);
		},
	};
}
