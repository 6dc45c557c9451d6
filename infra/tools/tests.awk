# Prints what tests print, then what failed, the ten slowest tests, and how many passed. Fails where no test ran.
{ print; fflush() }

/^test .* <[0-9.]+s>$/ {
  seconds = $NF
  gsub(/[<>s]/, "", seconds)
  times[++count] = seconds " s  " $2
  if ($0 ~ / FAILED </) failures = failures "\n" $2
}

# The harness takes it for passed.
/ is SKIPPED$/ { skipped++ }

/^test result:/ { passed += $4; failed += $6 }

END {
  print "The slowest tests:"
  fflush()
  for (n in times) print times[n] | "LC_ALL=C sort -rn | head"
  close("LC_ALL=C sort -rn | head")
  if (failures) print "Failed:" failures
  if (skipped) print "!!! BROWSER=" ENVIRON["BROWSER"] ": " skipped " skipped"
  if (passed + failed == 0) print "!!! No test has such a name"
  printf "%d passed, %d failed\n", passed - skipped, failed
  exit passed + failed == 0
}
