/* See pty_rate.h. */
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "pty_rate.h"

#define WINDOWS 5

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void yes(void)
{
	char lines[8192];

	for (size_t i = 0; i < sizeof(lines); i += 2)
		memcpy(lines + i, "y\n", 2);
	while (write(1, lines, sizeof(lines)) > 0)
		;
	_exit(0);
}

double pty_short_lines(double seconds)
{
	static char buffer[64 << 10];
	double best = 0;
	int master;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	if (pid == 0)
		yes();
	if (pid < 0)
		return 0;
	for (int i = 0; i < WINDOWS; i++) {
		double begin = wall();
		size_t got = 0;

		while (wall() - begin < seconds) {
			ssize_t n = read(master, buffer, sizeof(buffer));

			if (n <= 0)
				break;
			got += (size_t)n;
		}
		best = MAX(best, (double)got / (wall() - begin) / 1e6);
	}
	kill(pid, SIGKILL);
	close(master);
	waitpid(pid, NULL, 0);
	return best;
}
