// The geometry of the page *Aim*.

import assert from 'node:assert/strict';
import test from 'node:test';
import { beside, drawn, fit, fromToml, moved, overlap, toToml, whole } from '../../src/web/page/boxes.js';

const box = (left, top, width, height) => ({ left, top, width, height });
const inside = ({ left, top, width, height }) =>
	[left, top].every((edge) => edge >= 0) && width >= 50 && height >= 50 && left + width <= 1000 && top + height <= 1000;

test('whatever a finger does, a box stays inside the picture and thick enough', () => {
	let seed = 7;
	const random = (least, most) => {
		seed = (seed * 48271) % 2147483647;
		return least + (seed / 2147483647) * (most - least);
	};
	let one = box(100, 100, 300, 200);
	for (let turn = 0; turn < 5000; turn += 1) {
		const way = [random(-1500, 1500), random(-1500, 1500)];
		const corner = ['nw', 'ne', 'sw', 'se', undefined][turn % 5];
		one = corner ? drawn(one, corner, ...way) : moved(one, ...way);
		assert.ok(inside(one), JSON.stringify(one));
	}
});

test('a corner that is drawn leaves the opposite one where it is', () => {
	assert.deepEqual(drawn(box(100, 100, 300, 200), 'nw', 50, -20), box(150, 80, 250, 220));
	assert.deepEqual(drawn(box(100, 100, 300, 200), 'se', 50, -20), box(100, 100, 350, 180));
	assert.deepEqual(drawn(box(100, 100, 300, 200), 'ne', 9999, 9999), box(100, 250, 900, 50));
});

test('a moved box keeps its size at the edge', () => {
	assert.deepEqual(moved(box(100, 100, 300, 200), 5000, -5000), box(700, 0, 300, 200));
});

test('what is typed is brought to where a box may be', () => {
	assert.deepEqual(fit(box(-3, 990, 5, 4000)), box(0, 0, 50, 1000));
});

test('boxes side by side do not overlap', () => {
	assert.equal(overlap(box(300, 0, 700, 1000), box(0, 0, 300, 1000)), false);
	assert.equal(overlap(box(300, 0, 700, 1000), box(0, 0, 301, 1000)), true);
	assert.equal(overlap(whole(), box(500, 500, 100, 100)), true);
});

test('a new mask lies beside the zone, where there is room', () => {
	assert.deepEqual(beside(box(300, 0, 700, 1000)), box(0, 0, 300, 1000));
	assert.deepEqual(beside(box(0, 0, 1000, 600)), box(0, 600, 1000, 400));
	assert.equal(beside(whole()), undefined);
	const zone = box(80, 60, 840, 900);
	assert.equal(overlap(beside(zone), zone), false);
});

test('a configuration says what the picture shows, there and back', () => {
	assert.equal(toToml(box(0, 125, 1000, 500)), '{ left = 0.0, top = 0.125, width = 1.0, height = 0.5 }');
	for (let edge = 0; edge <= 900; edge += 1) {
		const one = box(edge, 900 - edge, 100, 100);
		assert.deepEqual(fromToml(toToml(one)), [one]);
	}
});

test('what a configuration leaves out is as in the whole picture, and comments say nothing', () => {
	assert.deepEqual(fromToml('{ left = 0.25, width = 0.5 }'), [box(250, 0, 500, 1000)]);
	assert.deepEqual(fromToml('[ # { left = 0.9 }\n{"left"=0, top=0.0, width = 3e-1, height = 1},\n{ left = 0.5, top = 0, width = 0.5, height = 0.5 }]'), [box(0, 0, 300, 1000), box(500, 0, 500, 500)]);
	assert.deepEqual(fromToml('[]'), []);
});
