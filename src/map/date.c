/*
 * Points in time as the two worlds write them.
 */
#define _GNU_SOURCE /* timegm() */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stox/service/date.h"

static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char DAYS[] = "SunMonTueWedThuFriSat";

static int64_t to_seconds(struct tm *t)
{
	if (t->tm_mon < 0 || t->tm_mon > 11 || t->tm_mday < 1 ||
		t->tm_mday > 31 || t->tm_hour > 23 || t->tm_min > 59 ||
		t->tm_sec > 60 || t->tm_year < 70 || t->tm_year > 8099)
		return -1;
	return (int64_t)timegm(t);
}

/** "+02:00", "-0130", "Z": seconds east of Greenwich; false when malformed. */
static bool read_zone(const char *p, int *ret_seconds)
{
	int hours, minutes;

	if ((*p == 'Z' || *p == 'z') && p[1] == '\0') {
		*ret_seconds = 0;
		return true;
	}
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d", &hours,
		&minutes) != 2 || hours > 23 || minutes > 59)
		return false;
	*ret_seconds = (*p == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/** RFC 3339: 2026-01-02T03:04:05[.678](Z|+hh:mm) */
static int64_t read_stamp(const char *text)
{
	struct tm t = { 0 };
	int used = 0, zone;
	int64_t seconds;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &t.tm_year, &t.tm_mon,
		&t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &used) != 6)
		return -1;
	text += used;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (!read_zone(text, &zone))
		return -1;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	seconds = to_seconds(&t);
	return seconds < 0 ? -1 : seconds - zone;
}

/** RFC 1123: Fri, 02 Jan 2026 03:04:05 GMT */
static int64_t read_date(const char *text)
{
	struct tm t = { 0 };
	char month[4], zone[4];
	const char *m;

	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[A-Z]",
		&t.tm_mday, month, &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec,
		zone) != 7 || strcmp(zone, "GMT") != 0)
		return -1;
	m = strlen(month) == 3 ? strstr(MONTHS, month) : NULL;
	if (!m || (m - MONTHS) % 3)
		return -1;
	t.tm_mon = (int)(m - MONTHS) / 3;
	t.tm_year -= 1900;
	return to_seconds(&t);
}

int64_t stox_date_read(const char *text)
{
	int64_t seconds = read_stamp(text);

	return seconds >= 0 ? seconds : read_date(text);
}

const char *stox_date_sip(char out[STOX_DATE_SIZE], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm t;

	gmtime_r(&when, &t);
	snprintf(out, STOX_DATE_SIZE, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
		DAYS + 3 * t.tm_wday, t.tm_mday, MONTHS + 3 * t.tm_mon,
		t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
	return out;
}

static char *put_two(char *to, int number, char after)
{
	to[0] = (char)('0' + number / 10 % 10);
	to[1] = (char)('0' + number % 10);
	to[2] = after;
	return to + 3;
}

const char *stox_date_stamp(char out[STOX_DATE_SIZE], int64_t seconds)
{
	time_t when = (time_t)seconds;
	char *to = out + 2;
	struct tm t;

	gmtime_r(&when, &t);
	t.tm_year += 1900;
	put_two(out, t.tm_year / 100, '-');
	to = put_two(to, t.tm_year, '-');
	to = put_two(to, t.tm_mon + 1, '-');
	to = put_two(to, t.tm_mday, 'T');
	to = put_two(to, t.tm_hour, ':');
	to = put_two(to, t.tm_min, ':');
	to = put_two(to, t.tm_sec, 'Z');
	*to = '\0';
	return out;
}
