# Prints what tests print, then the ten slowest tests, what failed and why, and how many passed. Fails where no test ran.
{ print; fflush() }

/^test .* <[0-9.]+s>$/ {
  seconds = $NF
  gsub(/[<>s]/, "", seconds)
  times[++count] = seconds " s  " $2
  if ($0 ~ / FAILED </) failed_tests[$2] = ""
}

# The harness prints of each test that failed what it had printed. Of that, where it panicked and the first lines of why.
/^---- .* stdout ----$/ { of = $2 }
/^$/ || /^note: / { lines = 0 }
/^thread '.*panicked at / && of in failed_tests { lines = 5 }
lines-- > 0 { failed_tests[of] = failed_tests[of] "\n  " substr($0, 1, 300) }

# The harness takes it for passed.
/ is SKIPPED$/ { skipped++ }

/^test result:/ { passed += $4; failed += $6 }

END {
  print "The slowest tests:"
  fflush()
  for (n in times) print times[n] | "LC_ALL=C sort -rn | head"
  close("LC_ALL=C sort -rn | head")
  for (name in failed_tests) print "Failed: " name failed_tests[name]
  if (skipped) print "!!! BROWSER=" ENVIRON["BROWSER"] ": " skipped " skipped"
  if (passed + failed == 0) print "!!! No test has such a name"
  printf "%d passed, %d failed\n", passed - skipped, failed
  exit passed + failed == 0
}
