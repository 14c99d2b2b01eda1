/*
 * Replays a corpus through a fuzz target in `make check`: every file is a
 * case.  Exit by the sanitizer, by a failed requirement or by a crash fails it.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 1 << 20 };

static int run_file(const char *path)
{
	static uint8_t bytes[SEED_MAX];
	FILE *f = fopen(path, "rb");
	size_t n;
	uint8_t *copy;

	if (!f)
		return -1;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	/* A block of its very size, so that a sanitizer sees one byte more. */
	copy = malloc(n ? n : 1);
	if (!copy)
		return -1;
	for (size_t i = 0; i < n; i++)
		copy[i] = bytes[i];
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	return 0;
}

int main(void)
{
	const char *top = getenv("STOX_SRCDIR");
	char folder[2048], path[4096];
	unsigned long number = 0;
	struct dirent *e;
	DIR *d;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
		top ? top : ".", CORPUS);
	d = opendir(folder);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		printf("%sok %lu - %s/%s\n", run_file(path) < 0 ? "not " : "",
			++number, CORPUS, e->d_name);
		fflush(stdout);
	}
	if (d)
		closedir(d);
	if (number == 0)
		printf("not ok %lu - no corpus in %s\n", ++number, folder);
	printf("1..%lu\n", number);
	return 0;
}
