// Changes the value of a key in the text of a configuration, and leaves every other letter of it as it is.

const heading = (name) => new RegExp(`^[ \\t]*\\[[ \\t]*${name}[ \\t]*\\].*`, 'm');

// The end of the value that begins at `from`, over as many lines as its brackets span.
function valueEnd(text, from) {
	let depth = 0;
	for (const { 0: token, index } of text.slice(from).matchAll(/[[{]|[\]}]|#.*|\s*$/gm)) {
		if ('[{'.includes(token[0])) depth += 1;
		if (']}'.includes(token[0]) && (depth -= 1) === 0) return from + index + 1;
		if (!token.trim() && depth === 0) return from + index;
	}
	return text.length;
}

// Where the table and its value for `key` begin and end; thrown where that is no single place.
function find(text, table, key) {
	const other = [`^[ \\t]*\\[+[ \\t]*${table}[ \\t]*\\.[ \\t]*${key}\\b`, `^[ \\t]*${table}[ \\t]*[.=]`, `^[ \\t]*(${key}[ \\t]*\\.|["']${key})`];
	if (other.some((form) => new RegExp(form, 'm').test(text))) throw { code: 'other-form' };
	const head = heading(table).exec(text);
	if (!head) return {};
	const begin = head.index + head[0].length;
	const next = /^[ \t]*\[/m.exec(text.slice(begin));
	const end = next ? begin + next.index : text.length;
	const found = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*`, 'm').exec(text.slice(begin, end));
	const from = found && begin + found.index + found[0].length;
	return { begin, end, from, to: found && valueEnd(text, from) };
}

export function getValue(text, table, key) {
	const { from, to } = find(text, table, key);
	return from ? text.slice(from, to) : '';
}

// A new key stands behind the comment that shows it, else first in its table.
export function setValue(text, table, key, value) {
	const { begin, end, from, to } = find(text, table, key);
	if (from) return text.slice(0, from) + value + text.slice(to);
	const newline = text.includes('\r\n') ? '\r\n' : '\n';
	const line = `${newline}${key} = ${value}`;
	if (begin === undefined) return `${text.trimEnd()}${newline}${newline}[${table}]${line}${newline}`;
	const shown = new RegExp(`^[ \\t]*#[ \\t]*${key}[ \\t]*=.*`, 'm').exec(text.slice(begin, end));
	const place = shown ? begin + shown.index + shown[0].length : begin;
	const bare = text[place - 1] === '\r' ? place - 1 : place;
	return text.slice(0, bare) + line + text.slice(bare);
}
