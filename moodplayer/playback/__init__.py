"""What plays, what comes next, and the engines that make it sound."""
