LINT_TESTS = tests/lint/layers.py tests/lint/limits.py \
	tests/lint/lync.py tests/lint/peers.py tests/lint/standards.py
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) tests/lint/layers
