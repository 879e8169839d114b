package diff_test

import (
	"fmt"

	"bizbatch/batch/diff"
)

func ExampleCompare() {
	d := diff.Compare(
		diff.Answer{Text: "The limit of § 179 is $1,160,000, and land does not qualify."},
		diff.Answer{Text: "Under section 179 you may deduct up to $1.25 million (Rev. Proc. 2025-28). Land doesn't qualify."},
	)
	fmt.Println(d.Class)
	fmt.Println(d)
	// Output:
	// changed
	// $1,160,000 → $1.25 million; new authority: Rev. Proc. 2025-28
}
