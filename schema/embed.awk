# Turn the numbered migrations, given in order, into a C table.
FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	if (name + 0 != ++count) {
		print name ": migration " count " expected" | "cat >&2"
		bad = 1
		exit
	}
	if (count == 1) {
		print "/* Made from the files schema/NNN-*.sql. */"
		print "#include \"store/internal.h\""
		print ""
		print "const char *const database_migrations[] = {"
	} else {
		print "\t,"
	}
	print "\t/* " name " */"
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	print "\t\"" $0 "\\n\""
}
END {
	if (bad || !count)
		exit 1
	print "};"
	print ""
	print "const int database_schema = " count ";"
}
