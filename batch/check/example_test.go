package check_test

import (
	"fmt"

	"bizbatch/batch/check"
)

func ExampleOf() {
	a := answer(`The limit is $1,160,000 {1}. It may be higher for farms {2}.`,
		"26 U.S.C. § 179|The aggregate cost shall not exceed $1,000,000.")
	verdict := check.Of(a, "What is the limit?")
	fmt.Println(verdict)
	fmt.Println(verdict.OK, verdict.Kinds())
	// Output:
	// 1 of 2 citations has no source; not in the excerpts: $1,160,000
	// false [no_source amount]
}
