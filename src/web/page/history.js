// The page *History*: how many items came, by day and by bin, and how often sortd was unsure.

import { get } from './api.js';
import { bars } from './chart.js';
import { byDay, byMonth, COUNTS, lastDays, parts, unsureShare } from './days.js';
import { card, choice, facts, fill, h, note, quiet, split, table, theirs } from './dom.js';
import { eventList } from './events.js';
import { dateIn, number, percent, t } from './words.js';

const RANGES = [7, 30, 365];
const EVENTS = 50;
const EVENTS_EVERY_MS = 5000;
// The daemon tells a thousand rows at most, and 40 days have fewer hours. It answers four times a second.
const PART_S = 40 * 86400;
const BUSY_PAUSE_MS = 400;
const TRIES = 9;

const day = { weekday: 'short', day: 'numeric', month: 'short' };
const month = { month: 'long', year: 'numeric' };

async function stats(from, to, by, tries = TRIES) {
	try {
		return await get(`/api/stats?from=${from}&to=${to}&by=${by}`);
	} catch (error) {
		if (error.code !== 'busy' || !tries) throw error;
		await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
		return stats(from, to, by, tries - 1);
	}
}

// Counts by bin, and by day or month with their names.
async function counted(count) {
	const days = lastDays(count, new Date());
	const from = days[0].getTime() / 1000;
	const to = Math.ceil(Date.now() / 1000);
	const hours = [];
	for (const [start, end] of parts(from, to, PART_S)) hours.push(...(await stats(start, end, 'hour')).rows);
	const [short, long] = count > 60 ? [{ month: 'short' }, month] : [count > 7 ? { day: 'numeric' } : { weekday: 'short' }, day];
	const sums = byDay(hours, days);
	const rows = (long === month ? byMonth(sums) : sums).map((row) => ({ ...row, short: dateIn(row.date, short), long: dateIn(row.date, long) }));
	return { bins: await stats(from, to, 'bin'), rows };
}

function byBin({ rows, clock_unset, memory }) {
	const known = rows.filter((row) => row.name && row.signals);
	const most = Math.max(...known.map((row) => row.signals));
	return [
		known.length ? table(t('history.bins'), [t('history.bin'), t('count.signals')], known.map((row) => [row.name, number(row.signals)]), known.map((row) => row.signals / most))
			: quiet(t('all.none')),
		clock_unset && quiet(t('history.clock', { count: number(clock_unset) })),
		memory && theirs('p.trouble', memory),
	];
}

export async function show(context) {
	const told = note();
	const [figures, place, list, bins] = [0, 0, 0, 0].map(() => h('div'));
	const events = eventList(EVENTS);
	const heads = COUNTS.map((name) => t(`count.${name}`));
	let shown;
	let asked;

	function draw() {
		if (!shown || !place.clientWidth) return;
		const { rows, bins: { total } } = shown;
		const label = t('history.chart', { items: number(total.items), first: rows[0].long, last: rows[rows.length - 1].long });
		fill(place, bars(rows, place.clientWidth, label, number));
	}
	async function choose(count) {
		context.failed = undefined;
		asked = count;
		told.say(t('history.counting'));
		try {
			const found = await counted(count);
			if (asked !== count) return;
			shown = found;
		} catch (error) {
			context.failed = () => choose(count);
			told.fail(error);
			return;
		}
		told.clear();
		const { bins: { total }, rows } = shown;
		const share = unsureShare(total);
		fill(figures, facts([[heads[0], number(total.items)], [heads[1], number(total.recognised)],
			[t('history.share'), share === undefined ? '–' : percent(share)]]));
		fill(bins, byBin(shown.bins));
		fill(list, h('details', h('summary', t('history.table')),
			table(t('history.by-day'), [t('history.day'), ...heads], rows.map((row) => [row.long, ...COUNTS.map((name) => number(row[name]))]))));
		draw();
	}

	context.poll(events.follow, EVENTS_EVERY_MS);
	addEventListener('resize', draw);
	context.leave(() => removeEventListener('resize', draw));
	choose(RANGES[0]);
	const legend = h('ul.legend', { 'aria-hidden': 'true' }, COUNTS.slice(1).map((name) => h(`li.${name}`, t(`count.${name}`))));
	return [choice(t('history.range'), RANGES.map((count) => [count, t('history.days', { count })]), choose), told.at,
		split(card(t('history.by-day'), figures, place, legend, list),
			[card(t('history.bins'), bins), card(t('events.last'), h('div.tall', { tabindex: 0, role: 'region', 'aria-label': t('events.last') }, events.at))])];
}
