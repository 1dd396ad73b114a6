// Asks the server, knows whether it answers, and asks again after growing pauses.

const PATIENCE_MS = { GET: 1e4, POST: 7e4, DELETE: 1e4 };
const LONGEST_PAUSE_MS = 15000;

let connection = 'ok';
let listener;
const polls = new Set();

export function onConnection(told) {
	listener = told;
}

function tell(state) {
	if (state !== connection) listener((connection = state));
}

// The answer. Any other than success is thrown: a code for the page, words for people.
async function ask(method, path, body) {
	const patience = new AbortController();
	const timer = setTimeout(() => patience.abort(), PATIENCE_MS[method]);
	const headers = { 'X-Sortd': '1', 'Content-Type': 'application/json' };
	let refused = { code: 'offline' };
	try {
		const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store', signal: patience.signal });
		const answer = await response.json();
		if (response.ok) {
			tell('ok');
			return answer;
		}
		refused = answer.error;
	} catch {
		// No answer.
	} finally {
		clearTimeout(timer);
	}
	tell(['offline', 'no-daemon'].includes(refused.code) ? refused.code : 'ok');
	throw refused;
}

export const get = (path) => ask('GET', path);
export const post = (path, body = {}) => ask('POST', path, body);
export const remove = (path) => ask('DELETE', path);

export function backoff(failures, every) {
	return failures ? Math.min(Math.max(every, 1000) * 2 ** (failures - 1), LONGEST_PAUSE_MS) : every;
}

// Runs `turn` every so often while somebody looks at the page. The answer is a function that ends it.
export function poll(turn, every) {
	let timer;
	let failures = 0;
	let running = false;
	const run = async () => {
		clearTimeout(timer);
		if (running || document.visibilityState !== 'visible') return;
		running = true;
		const began = Date.now();
		try {
			await turn();
			failures = 0;
		} catch (error) {
			failures += 1;
			if (error instanceof Error) console.error(error);
		}
		running = false;
		if (polls.has(run)) timer = setTimeout(run, backoff(failures, every - (failures ? 0 : Date.now() - began)));
	};
	polls.add(run);
	run();
	return () => {
		polls.delete(run);
		clearTimeout(timer);
	};
}

export const pollNow = () => polls.forEach((run) => run());
