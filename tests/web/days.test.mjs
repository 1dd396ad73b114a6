// Days of the phone's own time zone, made of hours.

import assert from 'node:assert/strict';
import test from 'node:test';

process.env.TZ = 'Europe/Berlin';
const { byDay, byMonth, lastDays, parts, unsureShare } = await import('../../src/web/page/days.js');
const { ceiling } = await import('../../src/web/page/chart.js');

const seconds = (text) => Date.parse(text) / 1000;
const hour = (text, items) => ({ start: seconds(text), items, recognised: items });

test('an hour counts for the day that the phone has at its beginning', () => {
	const days = lastDays(2, new Date('2026-07-02T12:00:00+02:00'));
	const sums = byDay([hour('2026-07-01T21:00:00Z', 1), hour('2026-07-01T22:00:00Z', 10), hour('2026-06-30T21:00:00Z', 100)], days);
	assert.deepEqual(sums.map((sum) => sum.items), [1, 10]);
	assert.deepEqual(sums.map((sum) => sum.left), [0, 0]);
});

test('the days on which the clock is changed have 23 and 25 hours', () => {
	for (const [first, last, count] of [['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 23], ['2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25]]) {
		const rows = [];
		for (let start = seconds(first) - 3600; start < seconds(last) + 3600; start += 3600) rows.push({ start, items: 1 });
		const days = lastDays(1, new Date(seconds(last) * 1000 - 1000));
		assert.equal(byDay(rows, days)[0].items, count);
	}
});

test('the last days end with today and leave none out', () => {
	const days = lastDays(365, new Date('2026-11-30T00:30:00+01:00'));
	assert.equal(days.length, 365);
	assert.equal(days[364].toDateString(), 'Mon Nov 30 2026');
	assert.equal(days[0].toDateString(), 'Mon Dec 01 2025');
	assert.equal(new Set(days.map((day) => day.toDateString())).size, 365);
	assert.ok(days.every((day) => day.getHours() === 0));
});

test('months are the sums of their days', () => {
	const days = lastDays(40, new Date('2026-11-30T12:00:00+01:00'));
	const months = byMonth(byDay([hour('2026-10-31T22:00:00Z', 2), hour('2026-10-31T23:00:00Z', 3), hour('2026-11-30T11:00:00Z', 4)], days));
	assert.deepEqual(months.map((month) => [month.date.getMonth(), month.items]), [[9, 2], [10, 7]]);
});

test('a span is asked for in parts without a gap', () => {
	assert.deepEqual(parts(0, 100, 40), [[0, 40], [40, 80], [80, 100]]);
	assert.deepEqual(parts(0, 80, 40), [[0, 40], [40, 80]]);
});

test('the unsure share is of those that were judged', () => {
	assert.equal(unsureShare({ items: 10, recognised: 6, unsure: 2, left: 2 }), 0.25);
	assert.equal(unsureShare({ items: 3, left: 3 }), undefined);
});

test('the axis of a chart ends at a round number that four steps reach', () => {
	for (let most = 0; most < 5000; most += 1) {
		const top = ceiling(most);
		assert.ok(top >= most && Number.isInteger(top / 4) && top <= Math.max(4, most * 2.5), `${most}: ${top}`);
	}
});
