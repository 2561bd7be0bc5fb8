module github.com/roundhouse/roundhouse/sdk/go

go 1.19
