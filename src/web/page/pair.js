// The ways in: the six digits that the machine shows, and the links that an admin makes.

import { post } from './api.js';
import { action, card, h, MAIN, note, quiet } from './dom.js';
import { t } from './words.js';

export function pairing(done) {
	const told = note();
	const code = h('input.code', { id: 'code', inputmode: 'numeric', autocomplete: 'off', maxlength: 7, placeholder: '––––––', 'aria-describedby': 'where' });
	const send = action(t('pair.do'), told, async () => {
		const digits = code.value.replace(/\D/g, '');
		code.focus();
		code.value = '';
		if (![0, 6].includes(digits.length)) throw { code: 'six-digits' };
		await post('/api/pair', { code: digits });
		done();
	}, { ...MAIN, type: 'submit' });
	const place = (name, what) => h('li', t(`pair.${name}`), ' ', h('code', what));
	return h('div.door', h('h1', t('pair.title')),
		h('form', { onsubmit: (event) => event.preventDefault() }, h('label', { for: 'code' }, t('pair.code')), code, send, told.at),
		card(t('pair.where'), h('ul', { id: 'where' }, place('status', 'sortd status'), place('journal', 'journalctl -u sortd'), h('li', t('pair.button')))),
		quiet(t('all.plain')));
}

// It waits for a press, so that nobody loses a session by following a link.
export function joining(session, token, done) {
	const told = note();
	const go = () => {
		window.history.replaceState(null, '', '#now');
		done();
	};
	const join = action(t('join.do'), told, async () => {
		await post('/api/join', { token });
		go();
	}, MAIN);
	return h('div.door', h('h1', t('join.title', session)), h('p', t('join.say')),
		h('div.row', join, h('button', { onclick: go }, t('join.not'))), told.at, quiet(t('all.plain')));
}
