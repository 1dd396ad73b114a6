// Boxes on the picture, in thousandths of it: moving, resizing, overlap, their form in the configuration.

const WHOLE = 1000;
const SMALLEST = 50;
export const EDGES = ['left', 'top', 'width', 'height'];

const within = (value, least, most) => Math.min(Math.max(Math.round(value), least), most);

export const whole = () => ({ left: 0, top: 0, width: WHOLE, height: WHOLE });

// Inside the picture, and no thinner than a twentieth of it.
export function fit(box) {
	const width = within(box.width, SMALLEST, WHOLE);
	const height = within(box.height, SMALLEST, WHOLE);
	return { left: within(box.left, 0, WHOLE - width), top: within(box.top, 0, WHOLE - height), width, height };
}

export const moved = (box, right, down) => fit({ ...box, left: box.left + right, top: box.top + down });

// The box with one corner (`n` or `s`, then `w` or `e`) elsewhere, while the opposite one stays.
export function drawn(box, corner, right, down) {
	const stretched = (start, length, by, first) => {
		if (!first) return [start, within(length + by, SMALLEST, WHOLE - start)];
		const begin = within(start + by, 0, start + length - SMALLEST);
		return [begin, start + length - begin];
	};
	const [left, width] = stretched(box.left, box.width, right, corner[1] === 'w');
	const [top, height] = stretched(box.top, box.height, down, corner[0] === 'n');
	return { left, top, width, height };
}

export const overlap = (one, other) => [['left', 'width'], ['top', 'height']].every(([start, length]) =>
	Math.min(one[start] + one[length], other[start] + other[length]) > Math.max(one[start], other[start]));

// The greatest strip beside the zone, where one is wide enough.
export function beside({ left, top, width, height }) {
	const strips = [{ width: left }, { left: left + width, width: WHOLE - left - width }, { height: top }, { top: top + height, height: WHOLE - top - height }];
	const size = (box) => Math.min(box.width, box.height);
	return strips.map((strip) => ({ ...whole(), ...strip })).filter((box) => size(box) >= SMALLEST).sort((one, other) => size(other) - size(one))[0];
}

const fraction = (thousandths) => (thousandths / WHOLE).toFixed(3).replace(/(\d)0+$/, '$1');

export const toToml = (box) => `{ ${EDGES.map((edge) => `${edge} = ${fraction(box[edge])}`).join(', ')} }`;

// What a configuration leaves out of a box is as in the whole picture.
export function fromToml(value) {
	const read = (table) => {
		const box = whole();
		for (const [, edge, figure] of table.matchAll(/(\w+)["']?\s*=\s*([\d.eE+-]+)/g)) box[edge] = Number(figure) * WHOLE;
		return fit(box);
	};
	return (value.replace(/#.*/g, '').match(/\{[^}]*\}/g) || []).map(read);
}
