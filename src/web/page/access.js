// The page *Access*: who may see this bin, links that let others in, and leaving.

import { get, post, remove } from './api.js';
import { action, card, choice, fill, h, MAIN, note, quiet, split } from './dom.js';
import { lasting, moment, t as all, wordsOf } from './words.js';

const t = wordsOf('access');

export function leaving(done) {
	const told = note();
	return h('div', action(t('leave'), told, async () => {
		await post('/api/leave');
		done();
	}), told.at);
}

function sessions(told) {
	const at = h('ul.lines');
	const end = (one) => action(t('revoke'), told, async () => {
		await remove(`/api/sessions/${one.id}`);
		await load();
		told.say(all('all.done'));
	}, { 'aria-label': `${t('revoke')}: ${one.agent}` });
	const line = (one) => h('li', h('div', h('b', all(`role.${one.role}`)), ' ', one.agent,
		quiet(one.address, ' · ', t('used', { made: moment(one.made_s * 1000), used: moment(one.used_s * 1000) }))),
	one.own ? h('span.chip', t('own')) : end(one));
	async function load() {
		fill(at, (await get('/api/sessions')).sessions.map(line));
	}
	return { at, load };
}

function invitation() {
	const told = note();
	const made = h('div');
	let role = 'view';
	const make = action(t('make'), told, async () => {
		const { path, expires_s } = await post('/api/links', { role });
		const link = h('input', { readonly: true, value: location.origin + path, 'aria-label': t('link'), onfocus: () => link.select() });
		fill(made, link, quiet(t('once', { long: lasting(expires_s) })));
		link.focus();
	}, MAIN);
	const roles = ['view', 'teach'].map((name) => [name, all(`role.${name}`)]);
	return card(t('invite'), quiet(t('invite.say')), h('div.row', choice(t('role'), roles, (name) => { role = name; }), make), made, told.at);
}

export async function show() {
	const told = note();
	const list = sessions(told);
	await list.load();
	return split(card(t('sessions'), list.at, told.at), [invitation(), quiet(all('all.plain'))]);
}
