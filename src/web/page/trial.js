// A configuration that is being tried: the time that is left, what keeps or undoes it, and what is wrong in one.

import { post } from './api.js';
import { action, fill, h, MAIN, note, quiet, theirs } from './dom.js';
import { clock, wordsOf } from './words.js';

const t = wordsOf('trial');

// Both name the trial, so that nobody ends what somebody else tries meanwhile.
export function trialBar(context, ended) {
	const told = note();
	const left = h('strong', { role: 'timer' });
	const bar = h('section.trial', { tabindex: -1, 'aria-label': t('name'), hidden: true });
	let timer;
	let number;
	const stop = () => clearInterval(timer);
	context.leave(stop);

	function end(how) {
		stop();
		bar.hidden = true;
		told.say(t(how));
		ended();
	}
	const ending = (how, order, props) => action(t(`${how}.do`), told, async () => {
		await order();
		end(how);
	}, props);
	fill(bar, h('p', t('on'), ' ', left), quiet(t('say')),
		h('div.row', ending('kept', () => post('/api/config/commit', { trial: number }), MAIN), ending('undone', () => post('/api/config/back', { trial: number }))));

	function begin({ trial, seconds }) {
		number = trial;
		const until = Date.now() + seconds * 1000;
		const show = () => {
			const rest = (until - Date.now()) / 1000;
			left.textContent = clock(Math.max(rest, 0));
			if (rest <= 0) end('over');
		};
		stop();
		told.clear();
		bar.hidden = false;
		timer = setInterval(show, 500);
		show();
	}
	return { at: h('div', bar, told.at), begin, focus: () => bar.focus() };
}

export const problemList = (problems, jump) => h('ul.problems', problems.map((one) => h('li',
	one.line && h(jump ? 'button' : 'b', { onclick: () => jump && jump(one.line, one.column) }, t('place', one)), ' ',
	one.key && h('code', one.key), theirs('p', one.what), theirs('p.quiet', one.todo))));
