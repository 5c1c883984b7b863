"""What does a region cost now, and may one believe it?"""
