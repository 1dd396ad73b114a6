/*
 * Marks each line of standard input with a word and the guest's time, and passes it on in one write, so
 * that several programs may share a serial line and none cuts into the line of another.
 *
 *   relay WORD
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	static char line[8192], marked[8448];

	if (count != 2)
		return 2;
	while (fgets(line, sizeof line, stdin)) {
		struct timespec now;
		int size;

		clock_gettime(CLOCK_MONOTONIC, &now);
		line[strcspn(line, "\n")] = 0;
		size = snprintf(marked, sizeof marked, "%s %ld.%06ld %s\n", arguments[1], (long)now.tv_sec,
				now.tv_nsec / 1000, line);
		if (write(STDOUT_FILENO, marked, size) != size)
			return 1;
	}
	return 0;
}
