// The page *Bins*: tests one bin after another, and never before the hands are out of it.

import { get, post } from './api.js';
import { fill, h, note } from './dom.js';
import { binDrawing } from './icons.js';
import { number, t as all, wordsOf } from './words.js';

const t = wordsOf('bins');

const COUNT_FROM = 3;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function bin(name, context) {
	const told = note();
	const drawing = binDrawing();
	const steps = h('div');
	const begin = h('button', { onclick: confirm, 'aria-label': `${t('test')}: ${name}` }, t('test'));
	const cancelling = h('button', { onclick: cancel }, all('all.cancel'));
	const go = h('button.main', { onclick: count }, t('go'));
	let round = 0;

	function rest() {
		round += 1;
		drawing.set(0, false);
		fill(steps, begin);
	}
	function cancel() {
		rest();
		begin.focus();
	}
	function confirm() {
		told.clear();
		fill(steps, h('p', { role: 'alert' }, h('b', t('hands')), ' ', t('hands.say')), h('div.row', go, cancelling));
		go.focus();
	}
	async function count() {
		const mine = (round += 1);
		const figure = h('p.countdown', { 'aria-live': 'assertive' });
		fill(steps, figure, cancelling);
		cancelling.focus();
		for (let left = COUNT_FROM; left > 0; left -= 1) {
			figure.textContent = number(left);
			await pause(1);
			if (mine !== round) return;
		}
		cancelling.remove();
		try {
			const { seconds } = await post('/api/bins/test', { bin: name });
			drawing.set(1, true);
			figure.textContent = t('watch');
			await pause(seconds);
			told.say(t('done'));
		} catch (error) {
			told.fail(error);
		}
		if (mine === round) cancel();
	}

	rest();
	context.leave(rest);
	return h('li.card', drawing.at, h('div', h('h2', name), steps, told.at));
}

export async function show(context) {
	const { bins } = await get('/api/bins');
	return [h('p', t('say')), h('ul.tests', bins.map((name) => bin(name, context)))];
}
