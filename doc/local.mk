# The manual, and notes for those who change the code.

dist_man_MANS += doc/solopop.8 doc/solopop-import.8 doc/solopop-passwd.8 \
	doc/solopop-tls.8 doc/solopop.conf.5
EXTRA_DIST += doc/design.md doc/from-qpopper.md doc/index.md tests/doc.sh
TESTS += tests/doc.sh
