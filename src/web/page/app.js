// Starts the page: the session, the navigation, the banner of a lost connection, what the address names.

import { get, onConnection, poll, pollNow } from './api.js';
import { fill, h, trouble, write } from './dom.js';
import { navigation } from './nav.js';
import { joining, pairing } from './pair.js';
import { language, languages, loadWords, speak, t } from './words.js';
import * as access from './access.js';
import * as aim from './aim.js';
import * as bins from './bins.js';
import * as history from './history.js';
import * as log from './log.js';
import * as model from './model.js';
import * as now from './now.js';
import * as privacy from './privacy.js';
import * as settings from './settings.js';

const PAGES = { now, history, bins, aim, settings, log, model, privacy, access };
const FOR_ALL = ['now', 'history', 'model', 'privacy'];
const STATUS_EVERY_MS = 5000;

const [top, banner, nav, main, skip] = ['top', 'banner', 'nav', 'main', 'skip'].map((id) => document.getElementById(id));
const health = h('a.health', { href: '#now' });
let session = {};
let pages = [];
let mark;
let current = { endings: [] };

function showHealth(status) {
	health.dataset.health = status.health;
	write(health, t(`health.${status.health}`));
}

// Leaves the page that is shown. What the next one begins lasts until it is left.
function enter(name) {
	current.endings.forEach((end) => end());
	const endings = [];
	const leave = (end) => endings.push(end);
	current = { name, endings, session, showHealth, leave, admin: session.role === 'admin', poll: (turn, every) => leave(poll(turn, every)) };
	return current;
}

async function load(context, body) {
	context.failed = undefined;
	let content;
	try {
		content = await PAGES[context.name].show(context);
	} catch (error) {
		context.failed = () => load(context, body);
		content = h('section.card.bad', { role: 'alert' }, trouble(error), h('p', h('button', { onclick: context.failed }, t('all.again'))));
		if (error.code === 'no-session') start();
	}
	if (current === context) fill(body, content);
}

function route(first) {
	const wanted = location.hash.slice(1);
	if (wanted.startsWith('join=')) {
		enter('join');
		fill(main, joining(session, wanted.slice(5), start));
	} else if (session.role) {
		const context = enter(pages.includes(wanted) ? wanted : 'now');
		const title = h('h1', { tabindex: -1 }, t(`page.${context.name}`));
		const body = h('div.page');
		document.title = `${title.textContent} · ${session.name}`;
		mark(context.name);
		fill(main, title, body);
		scrollTo(0, 0);
		if (first !== true) title.focus();
		if (context.name !== 'now') context.poll(async () => showHealth(await get('/api/status')), STATUS_EVERY_MS);
		load(context, body);
	}
}

function connectionChanged(state) {
	const lost = state !== 'ok';
	banner.classList.toggle('on', lost);
	fill(banner, lost && [h('p', h('b', t(`error.${state}`)), ' ', t(`lost.${state}.say`)), h('button', { onclick: pollNow }, t('lost.now'))]);
	if (!lost && current.failed) current.failed();
}

const languageChoice = () => h('label.language', t('all.language'), h('select', { onchange: (event) => speak(event.target.value) },
	languages.map(({ code, name }) => h('option', { value: code, selected: code === language, lang: code }, name))));

// Asks who this is until there is an answer, and goes on from there.
function start() {
	enter('start').poll(async () => {
		session = await get('/api/session');
		const inside = Boolean(session.role);
		pages = Object.keys(PAGES).filter((name) => session.role === 'admin' || FOR_ALL.includes(name));
		document.title = session.name;
		document.body.classList.toggle('alone', !inside);
		nav.hidden = !inside;
		fill(top, h('a.mark', { href: '#now' }, session.name), inside && health);
		enter('pair');
		if (inside) mark = navigation(nav, pages, languageChoice(), access.leaving(start));
		else fill(main, pairing(start), languageChoice());
		route(true);
	}, STATUS_EVERY_MS);
}

loadWords().then(() => {
	skip.textContent = t('all.skip');
	skip.onclick = (event) => {
		event.preventDefault();
		main.focus();
	};
	nav.setAttribute('aria-label', t('all.pages'));
	onConnection(connectionChanged);
	addEventListener('hashchange', route);
	document.addEventListener('visibilitychange', pollNow);
	start();
});
