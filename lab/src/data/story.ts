/** A story for children, written for this lab: few words, which come back often. */
export const STORY = `The Lamp on the Hill

On a hill by the sea there stood a little house, and in the little house there lived an old woman and a small grey cat. The old woman had a lamp. It was not a big lamp and it was not a new lamp, but every night she lit it and put it in the window, so that the boats on the sea could find the way home.

"Why do you light the lamp?" said the cat.

"So that the boats can find the way home," said the old woman.

"And do they find the way home?" said the cat.

"They do," said the old woman. "Every night they do."

One night the wind came over the sea. It came over the sea and up the hill, and it blew at the door and it blew at the window, and it blew out the lamp.

"Oh no," said the old woman. "The lamp is out, and I have no more oil. Now the boats will not find the way home."

"I will go and find some oil," said the cat.

"You are a very small cat," said the old woman, "and it is a very dark night."

"I am a small cat," said the cat, "but I can see in the dark." And the small grey cat went out of the door and down the hill.

At the foot of the hill the cat met a dog. The dog sat by the gate and looked at the rain.

"Good night, dog," said the cat. "The lamp is out, and the boats cannot find the way home. Have you any oil?"

"I have no oil," said the dog. "I have a bone, but a bone will not burn. But I will come with you and find some oil." And the dog and the cat went down the road.

On the road the dog and the cat met a hen. The hen sat under a tree and looked at the rain.

"Good night, hen," said the cat. "The lamp is out, and the boats cannot find the way home. Have you any oil?"

"I have no oil," said the hen. "I have an egg, but an egg will not burn. But I will come with you and find some oil." And the hen and the dog and the cat went down the road.

By the river they met a frog. The frog sat on a stone and looked at the rain, and the frog was very happy.

"Good night, frog," said the cat. "The lamp is out, and the boats cannot find the way home. Have you any oil?"

"I have no oil," said the frog. "I have a song, but a song will not burn. But I will come with you and find some oil." And the frog and the hen and the dog and the cat went over the river.

On the other side of the river there stood a mill, and in the mill there lived a miller. The cat called at the door, and the dog called at the door, and the hen called at the door, and the frog called at the door.

"Who calls at my door on such a night?" said the miller.

"We do," said the cat. "The lamp is out, and the boats cannot find the way home. Have you any oil?"

"I have a little oil," said the miller. "But I will not give it away. What will you give me for my oil?"

"I will give you my bone," said the dog.

"I will give you my egg," said the hen.

"I will give you my song," said the frog.

"I have no bone and no egg and no song," said the cat. "But there are mice in your mill. I can hear the mice in the dark. I will come every week and catch the mice."

The miller looked at the bone and the egg. He looked at the frog, and he looked at the small grey cat. "A dog should have his bone," said the miller, "and a hen should have her egg. But I like a song, and I do not like mice. Sing me your song, frog, and you shall have the oil."

So the frog sang. It was a song of the rain and the river, and of the stone in the river, and it was a very long song. The miller sat by the fire and heard the song to the end. "That was a good song," said the miller, and he gave the cat a little can of oil.

But the can was too big for the cat. "I cannot carry it," said the cat. "I am too small."

"I can carry it," said the dog. "I am not too small." And the dog took the can of oil, and they all went back over the river.

The river was high now, for the rain had come down all night, and the stones were under the water. "I cannot see the stones," said the dog.

"I can find the stones," said the frog. "Put your feet where I call." And the frog sat on the first stone and called, and the frog sat on the second stone and called, and so they all came over the river.

On the road the night was so dark that the hen could not see the tree. "I cannot see the road," said the hen, "and I cannot see the tree, and I cannot see you."

"I can see in the dark," said the cat. "Walk where I walk." And the cat went first, and the hen went second, and the frog went third, and the dog came last with the can of oil, and so they all came to the foot of the hill.

On the hill the wind blew and blew. It blew at the cat and it blew at the frog, and it blew the hen into the grass. "I cannot walk in the wind," said the cat. "I am too small, and the wind is too big."

"Sit on my back," said the dog. So the cat sat on the back of the dog, and the hen sat on the back of the dog, and the frog sat on the head of the dog, and so they all came up the hill and to the door of the little house.

"Who calls at my door on such a night?" said the old woman.

"We do," said the cat. "Here is the dog, and here is the hen, and here is the frog, and here is the oil."

The old woman took the oil and put it in the lamp. She lit the lamp and put it in the window. The wind blew at the door and the wind blew at the window, but the hen sat on one side of the lamp and the dog sat on the other side of the lamp, and the wind could not blow it out.

And out on the dark sea there was a boat, and then there was a second boat, and then there was a third boat. They saw the lamp in the window of the little house on the hill, and they found the way home.

"Do you see the boats?" said the old woman.

"I see the boats," said the cat. "Every one of them."

In the morning the wind was gone and the rain was gone, and the sun came up over the sea. The old woman gave the dog some milk, and she gave the hen some corn, and she gave the frog a bowl of water to sit in. "Will you go home now?" said the old woman.

"I have a gate," said the dog, "but there is no fire by the gate."

"I have a tree," said the hen, "but there is no door in the tree."

"I have a stone," said the frog, "and it is a very good stone. But I will come every night and sing."

So the dog and the hen lived in the little house with the old woman and the small grey cat, and every night the frog came up the hill and sang. And every week the small grey cat went down the hill and down the road and over the river to the mill, and caught the mice, and came home with a little can of oil. The dog went too, and carried it.

And every night the old woman lit the lamp and put it in the window.

"Why do you light the lamp?" said the frog.

"So that the boats can find the way home," said the cat.

"And do they find the way home?" said the frog.

"They do," said the cat. "Every night they do."
`;
