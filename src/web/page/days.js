// Makes days and months of the phone's own time zone from counts by the hour.

export const COUNTS = ['items', 'recognised', 'unsure', 'left'];

const sum = (date, rows) => Object.assign({ date }, ...COUNTS.map((name) => ({ [name]: rows.reduce((all, row) => all + (row[name] || 0), 0) })));

// The beginnings of the last `count` days, today's last. A day has 23 to 25 hours.
export const lastDays = (count, now) => Array.from({ length: count }, (_, index) =>
	new Date(now.getFullYear(), now.getMonth(), now.getDate() - count + 1 + index));

export function byDay(rows, days) {
	const hours = new Map(days.map((date) => [date.toDateString(), []]));
	for (const row of rows) (hours.get(new Date(row.start * 1000).toDateString()) || []).push(row);
	return days.map((date) => sum(date, hours.get(date.toDateString())));
}

export function byMonth(days) {
	const first = ({ date }) => new Date(date.getFullYear(), date.getMonth(), 1);
	const begins = [...new Set(days.map((day) => Number(first(day))))];
	return begins.map((begin) => sum(new Date(begin), days.filter((day) => Number(first(day)) === begin)));
}

export const parts = (from, to, longest) => Array.from({ length: Math.ceil((to - from) / longest) }, (_, index) =>
	[from + index * longest, Math.min(from + (index + 1) * longest, to)]);

// The share, of those that were judged, about which sortd was unsure; nothing where there were none.
export const unsureShare = ({ recognised = 0, unsure = 0 }) => (recognised + unsure ? unsure / (recognised + unsure) : undefined);
