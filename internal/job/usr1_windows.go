package job

import "context"

func onUSR1(context.Context, func()) {} // Windows has no such signal
